"""Where orders live: tables and queues, in Azure, in Azurite, or in memory."""
