"""A Communication Services resource with both its channels on one address, as in Azure: the two simulators in one."""
