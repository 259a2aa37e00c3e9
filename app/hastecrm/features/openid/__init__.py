"""Signing in through OpenID providers: authorization code flow with PKCE."""
