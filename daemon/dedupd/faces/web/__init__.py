"""The page: pictures side by side in a browser on this machine, and the owner's decisions."""
