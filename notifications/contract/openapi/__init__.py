"""The OpenAPI document of the service, made from the models that validate and the types that are answered."""
