"""Pure decisions: values in, values out; no disk, clock, thread or log."""
