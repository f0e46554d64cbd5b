"""The commands: one file each, that parses, makes one call, and shows what came of it."""
