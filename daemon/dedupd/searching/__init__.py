"""Looking at pictures beside the daemon, for `find` and `duplicates`; nothing is written."""
