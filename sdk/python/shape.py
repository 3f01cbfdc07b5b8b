"""Whether a document has only what the library's models know: every key, with a value of its type."""

from azure.mgmt.trafficmanager._utils.model_base import Model


def with_status(pipeline_response, deserialized, _headers):
    """For the parameter `cls` of an operation: the status beside the result."""
    return pipeline_response.http_response.status_code, deserialized


def strangers(model, path=""):
    """The keys in a model, and in those below it, that their classes do not have. The library itself ignores them."""
    known = {field._rest_name: attribute for attribute, field in model._attr_to_rest_field.items()}
    found = []
    for key in model:
        attribute = known.get(key)
        if attribute is None:
            found.append(f"{path}{key}")
            continue
        # Reading it converts it; a value of another type does not convert.
        value = getattr(model, attribute)
        for index, item in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(item, Model):
                found += strangers(item, f"{path}{key}[{index}].")
    return found
