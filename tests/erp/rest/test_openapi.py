"""The description is true: of every address, and of what the addresses answer."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator, FormatChecker

from erp.documents.types import declared
from tests.erp.rest.conftest import CAMERA, Program

METHODS = {"get", "put", "post", "patch", "delete", "head", "options", "trace"}
PATH_ITEM = METHODS | {"summary", "description", "servers", "parameters", "$ref"}
OPERATION = {
    "tags", "summary", "description", "externalDocs", "operationId", "parameters", "requestBody", "responses",
    "callbacks", "deprecated", "security", "servers",
}  # fmt: skip


@pytest.fixture
def document(manager: Program) -> dict[str, Any]:
    answer = manager.get("openapi.json")
    assert answer.status_code == 200
    return answer.json


def resolve(document: dict[str, Any], found: Any) -> Any:
    while isinstance(found, dict) and "$ref" in found:
        target = document
        for part in found["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        found = target
    return found


def references(found: Any) -> list[str]:
    if isinstance(found, list):
        return [each for inner in found for each in references(inner)]
    if isinstance(found, dict):
        own = [found["$ref"]] if isinstance(found.get("$ref"), str) else []
        return own + [each for inner in found.values() for each in references(inner)]
    return []


def test_it_is_an_openapi_3_1_document(document: dict[str, Any]):
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    assert set(document) <= {
        "openapi",
        "info",
        "servers",
        "security",
        "paths",
        "components",
        "tags",
        "jsonSchemaDialect",
        "webhooks",
    }
    assert document["info"]["title"]
    assert document["info"]["version"]
    for name in references(document):
        assert resolve(document, {"$ref": name}) is not None
    for name, schema in document["components"]["schemas"].items():
        assert re.fullmatch(r"[a-zA-Z0-9._-]+", name)
        Draft202012Validator.check_schema(schema)
    seen = set()
    for path, item in document["paths"].items():
        assert path.startswith("/")
        assert set(item) <= PATH_ITEM
        for method in METHODS & set(item):
            operation = item[method]
            assert set(operation) <= OPERATION
            assert operation["operationId"] not in seen
            seen.add(operation["operationId"])
            assert_operation(document, path, item, operation)


def assert_operation(document: dict[str, Any], path: str, item: dict[str, Any], operation: dict[str, Any]) -> None:
    parameters = [*item.get("parameters", ()), *operation.get("parameters", ())]
    assert {each["name"] for each in parameters if each["in"] == "path"} == set(re.findall(r"{(\w+)}", path))
    for parameter in parameters:
        assert parameter["in"] in {"path", "query", "header"}
        assert parameter.get("required") or parameter["in"] != "path"
        Draft202012Validator.check_schema(parameter["schema"])
    for status, answer in operation["responses"].items():
        assert re.fullmatch(r"[1-5]\d\d|default", status)
        assert resolve(document, answer)["description"]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        Draft202012Validator.check_schema(content["schema"])


def test_every_address_is_described_and_nothing_else(app: Flask, document: dict[str, Any]):
    pages = {"docs", "errors"}
    others = set(declared()) - {"party", "product", "repair_order"} | pages
    served = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/v1/")
        for method in rule.methods - {"HEAD", "OPTIONS"}
        if rule.rule.split("/")[3] not in others
    }
    described = {(path, method) for path, item in document["paths"].items() for method in METHODS & set(item)}
    assert {each for each in described if each[0].split("/")[3] not in others} == served


def test_a_type_one_may_not_touch_is_not_described(technician: Program):
    assert "/api/v1/payment/" not in technician.get("openapi.json").json["paths"]


def test_answers_are_as_described(document: dict[str, Any], manager: Program, counter: Program, technician: Program):
    customer = counter.post("party/", {"name": "Amina"}).json["id"]
    order = counter.post("repair_order/", {**CAMERA, "customer": customer}).json["id"]
    task = technician.get("task/").json["rows"][0]["id"]
    manager.post("product/", {"code": "A", "name": "A", "unit_price": "2.50"})
    asked = [
        (manager, "GET", "product/", "/api/v1/product/"),
        (manager, "GET", f"repair_order/{order}", "/api/v1/repair_order/{row_id}"),
        (manager, "GET", "repair_order/?size=1", "/api/v1/repair_order/"),
        (manager, "GET", "repair_order/schema", "/api/v1/repair_order/schema"),
        (manager, "GET", f"repair_order/{order}/process", "/api/v1/repair_order/{row_id}/process"),
        (manager, "GET", f"repair_order/{order}/files", "/api/v1/repair_order/{row_id}/files"),
        (technician, "GET", "task/", "/api/v1/task/"),
        (technician, "GET", f"task/{task}", "/api/v1/task/{task_id}"),
        (technician, "POST", f"task/{task}/claim", "/api/v1/task/{task_id}/claim"),
        (technician, "POST", "product/", "/api/v1/product/"),
        (manager, "PATCH", f"party/{customer}", "/api/v1/party/{row_id}"),
        (manager, "GET", "party/999999", "/api/v1/party/{row_id}"),
    ]
    for who, method, path, described in asked:
        answer = who.ask(method, path, {} if method != "GET" else None)
        declared_answer = document["paths"][described][method.lower()]["responses"][str(answer.status_code)]
        schema = resolve(document, declared_answer)["content"]["application/json"]["schema"]
        whole = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": document["components"],
            **schema,
        }
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(answer.json)
