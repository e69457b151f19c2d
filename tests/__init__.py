"""The tests mirror the packages; being a package lets them share fakes by name."""
