"""What stands in for Azure and the outside world on a laptop: host, simulators, supervisor."""
