"""The edge: functions that parse, call one stage and answer; grouped as Azure Functions groups them."""
