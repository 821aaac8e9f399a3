"""Segments for the merchant's own programs: JSON over HTTP, one description for router, checks and openapi.json.

description   every call: path, who may, what it takes and gives
calls         what each call does
callers       whose key it is, and how often it may ask
openapi       the description as OpenAPI 3.1
"""
