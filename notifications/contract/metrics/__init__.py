"""What the operators of the service read of it: a month for each organization, and a day's notifications as Parquet."""
