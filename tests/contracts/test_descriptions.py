"""What the services say about themselves is whole: every operation, every body, every problem."""

import re
from collections.abc import Iterator
from http import HTTPStatus

import jsonschema
import pytest
import schemathesis
from openapi_spec_validator import OpenAPIV31SpecValidator, validate

from eventkit.http.docs.examples import Examples
from tests.described import SERVICES, Json, app_of, document_of, operations

EVERY_SERVICE = pytest.mark.parametrize("service", SERVICES)
PROBLEM = "application/problem+json"
# Other types are files, pages, or documents of other standards.
WITH_EXAMPLES = {
    "application/json",
    "application/x-www-form-urlencoded",
    "application/cloudevents-batch+json",
}


def bodies(service: str) -> Iterator[tuple[str, Json]]:
    """Every body that is asked for or answered, where it stands; problems apart."""
    for route, operation in operations(service):
        for part in (operation.get("requestBody", {}), *operation["responses"].values()):
            for media_type, body in part.get("content", {}).items():
                yield f"{route} {media_type}", body


def problems(service: str) -> Iterator[tuple[str, Json]]:
    """Every answer of 400 and above, by its status."""
    responses = document_of(service)["components"]["responses"]
    for name, response in responses.items():
        yield str(HTTPStatus[name].value), response["content"][PROBLEM]


def check(document: Json, schema: Json, value: object) -> None:
    """Against a schema of the document, formats included."""
    whole = {**schema, "components": document["components"]}
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator(whole, format_checker=checker).validate(value)


@EVERY_SERVICE
def test_the_document_is_openapi_3_1(service: str) -> None:
    document = document_of(service)
    assert document["openapi"].startswith("3.1.")
    validate(document, cls=OpenAPIV31SpecValidator)


@EVERY_SERVICE
def test_schemathesis_reads_every_operation(service: str) -> None:
    schema = schemathesis.openapi.from_dict(document_of(service))
    found = [type(result).__name__ for result in schema.get_all_operations()]
    assert found == ["Ok"] * len(operations(service))


@EVERY_SERVICE
def test_the_document_says_what_it_is_about(service: str) -> None:
    info = document_of(service)["info"]
    assert info["description"].startswith(SERVICES[service].about)
    assert info["license"] == {"name": "Apache License 2.0", "identifier": "Apache-2.0"}
    assert info["version"]


@EVERY_SERVICE
def test_every_operation_has_a_summary_and_a_description(service: str) -> None:
    poor = [
        route
        for route, operation in operations(service)
        if not re.fullmatch(r"[A-Z][^\n.]+", operation["summary"])
        or operation["description"].startswith("\n")
    ]
    assert poor == []


@EVERY_SERVICE
def test_every_tag_is_described(service: str) -> None:
    told = {tag["name"]: tag["description"] for tag in document_of(service)["tags"]}
    used = {tag for _, operation in operations(service) for tag in operation["tags"]}
    assert used == set(told)
    assert all(told.values())


@EVERY_SERVICE
def test_every_operation_says_who_may_call_it(service: str) -> None:
    for route, operation in operations(service):
        if operation["security"] == []:
            continue
        (scopes,) = (requirement["bearer"] for requirement in operation["security"])
        assert scopes, route
        assert operation["x-roles"], route
        assert {"401", "403", "429"} <= set(operation["responses"]), route


@EVERY_SERVICE
def test_every_body_has_an_example_that_fits_its_schema(service: str) -> None:
    document, seen = document_of(service), 0
    for where, body in bodies(service):
        if where.rpartition(" ")[2] not in WITH_EXAMPLES:
            continue
        examples = [one["value"] for one in body.get("examples", {}).values()]
        examples += [body["example"]] if "example" in body else []
        assert examples, where
        for example in examples:
            check(document, body["schema"], example)
            seen += 1
    assert seen


@EVERY_SERVICE
def test_every_member_of_an_example_has_a_word(service: str) -> None:
    document = document_of(service)
    examples = Examples(document["components"]["schemas"], SERVICES[service].words)
    for where, body in bodies(service):
        if where.endswith("application/json"):
            examples.of(body["schema"])
    assert examples.missing == set()


@EVERY_SERVICE
def test_every_required_argument_has_an_example_that_fits(service: str) -> None:
    document = document_of(service)
    items = document["paths"].values()
    found = [argument for item in items for argument in item.get("parameters", [])]
    found += [one for _, operation in operations(service) for one in operation["parameters"]]
    for argument in found:
        if argument.get("required"):
            check(document, argument["schema"], argument["example"])


@EVERY_SERVICE
def test_every_problem_has_examples_whose_type_is_explained(service: str) -> None:
    document, client = document_of(service), app_of(service).test_client()
    for status, body in problems(service):
        assert body["examples"], status
        for example in body["examples"].values():
            problem = example["value"]
            check(document, body["schema"], problem)
            assert str(problem["status"]) == status
            explained = client.get(problem["type"]).get_json()
            assert (explained["code"], explained["title"]) == (problem["code"], problem["title"])
            assert problem["status"] in explained["statuses"]


@EVERY_SERVICE
def test_every_error_status_is_one_of_the_problems(service: str) -> None:
    for route, operation in operations(service):
        assert "default" not in operation["responses"], route
        for status, response in operation["responses"].items():
            if int(status) >= HTTPStatus.BAD_REQUEST and "content" not in response:
                assert response["$ref"].startswith("#/components/responses/"), route


@EVERY_SERVICE
def test_addresses_and_hosts_of_examples_are_made_up(service: str) -> None:
    text = str([body.get("example") for _, body in bodies(service)])
    hosts = set(re.findall(r"(?:@|https?://)([\w.-]+)", text))
    assert all(host.endswith("example.org") for host in hosts), hosts


@EVERY_SERVICE
def test_an_etag_is_promised_only_where_one_is_sent(service: str) -> None:
    """These answers are made anew each time, or are no thing that somebody changes."""
    without = re.compile(
        r"/(erasure|export|generations|jwks\.json|revocations|problems)$|/problems/{code}$"
    )
    asked = {route: one for route, one in operations(service) if route.startswith("GET ")}
    found = {route: one["responses"] for route, one in asked.items() if without.search(route)}
    assert found
    assert [route for route, answers in found.items() if "304" in answers] == []


@EVERY_SERVICE
def test_who_erases_is_told_of_the_key_that_makes_it_safe_to_repeat(service: str) -> None:
    erasing = [one for route, one in operations(service) if re.search("^POST /v1.*erasure$", route)]
    for operation in erasing:
        (key,) = [one for one in operation["parameters"] if one["name"] == "Idempotency-Key"]
        assert not key.get("required")
    assert bool(erasing) == (SERVICES[service].people is not None)
