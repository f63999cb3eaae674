"""LINK Mobility's PSWinCom SMS gateway: XML over HTTP, and delivery report callbacks."""
