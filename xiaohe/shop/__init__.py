"""The merchant: shop, users and sign-in, our accounts, the vault of direct identifiers, audit."""
