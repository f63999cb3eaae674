"""Azure Blob Storage, as far as a file is read by a shared access signature."""
