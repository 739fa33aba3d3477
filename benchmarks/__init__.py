"""What spancost costs the program it lives in, measured beside its peers in one run: `make bench`."""
