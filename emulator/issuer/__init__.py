"""A local OpenID Connect issuer: users sign in without an account anywhere."""
