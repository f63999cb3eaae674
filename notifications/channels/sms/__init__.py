"""SMS: LINK Mobility's PSWinCom XML gateway and its delivery reports."""
