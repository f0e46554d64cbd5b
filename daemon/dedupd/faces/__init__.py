"""What people and programs see of dedupd: the control socket and renderings of a report."""
