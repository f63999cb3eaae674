"""An OpenID issuer: discovery, keys, and tokens like Altinn's for any organisation, good or deliberately bad."""
