"""What goes over the wire: requests as they are read and validated, responses and problems as they are written."""
