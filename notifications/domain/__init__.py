"""What an order is and what may happen to it: pure values and decisions, no input or output."""
