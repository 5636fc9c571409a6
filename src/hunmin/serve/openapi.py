"""What the service takes and gives, as OpenAPI 3.1 has it; a client can be generated from it.

The schema of a document is the one that `documents/schema` holds.
"""

import json
from pathlib import Path
from typing import Any, Final

from hunmin import documents
from hunmin.documents.source.pdf import DEFAULT_DPI, MAX_DPI, MIN_DPI
from hunmin.serve.requests.options import KINDS
from hunmin.serve.settings import ServeSettings
from hunmin.version import __version__

_DOCUMENT_SCHEMA: Final = Path(documents.__file__).with_name("schema") / "document-1.schema.json"
_PROBLEMS: Final = {
    "400": "A parameter or a part of the form is wrong.",
    "401": "The token is missing or wrong.",
    "403": "The request comes from the page of another site.",
    "406": "No format that the service writes is accepted.",
    "408": "The request did not arrive in time.",
    "413": "The file, the picture or the number of pages is too large.",
    "415": "The file is of a kind that is not read.",
    "422": "The file is damaged, encrypted, empty, or holds no picture that can be read.",
    "503": "As many requests as the service takes are being read; come back after Retry-After seconds.",
    "504": "Reading took too long.",
}

Values = dict[str, Any]


def openapi(settings: ServeSettings) -> Values:
    """The description of a service with these settings."""
    secured: list[Values] = [{"token": []}] if settings.token is not None else []
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "hunmin",
            "version": __version__,
            "summary": "Reads Korean text in images and PDFs.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": secured,
        "paths": {
            "/v1/read": {"post": _read(settings)},
            "/v1/recognize": {"post": _recognize(settings)},
            "/v1/picture": {"post": _picture(settings)},
            "/v1/models": {"get": _get("listModels", "Which model reads", _json("Models", "The models."), ("401",))},
            "/healthz": {"get": _get("healthz", "Whether the service is alive", _json("Status", "It is."), open_=True)},
            "/readyz": {
                "get": _get("readyz", "Whether the service takes requests", _json("Status", "It does."), ("503",), True)
            },
            "/metrics": {
                "get": _get(
                    "metrics", "Counts for Prometheus", _content("The counts.", {"text/plain": _TEXT}), ("401",)
                )
            },
            "/openapi.json": {
                "get": _get(
                    "openapi",
                    "This description",
                    _content("OpenAPI.", {"application/json": {"type": "object"}}),
                    open_=True,
                )
            },
        },
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {**_document_schemas(), **_SCHEMAS},
        },
    }


_TEXT: Final[Values] = {"type": "string"}
_BINARY: Final[Values] = {"type": "string", "format": "binary"}
_PASSWORD: Final[Values] = {"type": "string", "description": "Of an encrypted PDF."}
_PROBLEM_CONTENT: Final[Values] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_RETRY: Final[Values] = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds."}}

_CHARACTERS: Final[Values] = {
    "name": "characters",
    "in": "query",
    "required": False,
    "schema": {"type": "boolean", "default": False},
    "description": "In JSON give each character, with what else it may be and where it stands.",
}
_PROBABILITY: Final[Values] = {"type": "number", "minimum": 0, "maximum": 1}
_SCHEMAS: Final[Values] = {
    "Problem": {
        "description": "RFC 9457. `code` is one word for machines, `detail` one line for people.",
        "type": "object",
        "required": ["type", "title", "status", "code", "detail"],
        "properties": {
            "type": _TEXT,
            "title": _TEXT,
            "status": {"type": "integer"},
            "code": _TEXT,
            "detail": _TEXT,
        },
    },
    "Reading": {
        "description": "What a crop says; or, in place of the text, the problem with it.",
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"description": "What the file was called.", "type": "string"},
            "text": _TEXT,
            "confidence": {**_PROBABILITY, "description": "How likely the whole line is right."},
            "mean_token_prob": {**_PROBABILITY, "description": "The geometric mean over the characters."},
            "truncated": {"description": "Whether the line may hold more than the text.", "type": "boolean"},
            "characters": {"type": "array", "items": {"$ref": "#/components/schemas/Character"}},
            "problem": {"$ref": "#/components/schemas/Problem"},
        },
    },
    "Readings": {
        "type": "object",
        "required": ["readings"],
        "properties": {
            "readings": {
                "description": "One a crop, in the order in which they were sent.",
                "type": "array",
                "items": {"$ref": "#/components/schemas/Reading"},
            }
        },
    },
    "Model": {
        "type": "object",
        "required": ["name", "charset", "num_characters", "height_px", "max_label_length"],
        "properties": {
            "name": _TEXT,
            "charset": _TEXT,
            "num_characters": {"type": "integer"},
            "height_px": {"type": "integer"},
            "max_label_length": {"type": "integer"},
        },
    },
    "Models": {
        "type": "object",
        "required": ["hunmin_version", "models"],
        "properties": {
            "hunmin_version": _TEXT,
            "models": {"type": "array", "items": {"$ref": "#/components/schemas/Model"}},
        },
    },
    "Status": {"type": "object", "required": ["status"], "properties": {"status": _TEXT}},
}


def _read(settings: ServeSettings) -> Values:
    formats = {kind.media_type.partition(";")[0]: _TEXT for name, kind in KINDS.items() if name not in ("json", "pdf")}
    return {
        "operationId": "read",
        "summary": "Read an image or a PDF",
        "description": f"At most {settings.max_pages} pages at once. `format` decides the answer, or else Accept.",
        "parameters": [
            _query(
                "format", {"type": "string", "enum": list(KINDS)}, "What to answer with; JSON if Accept says nothing."
            ),
            _query("pages", _TEXT, "Such as 1-3,7,20-; all if left out."),
            _query(
                "dpi",
                {"type": "number", "minimum": MIN_DPI, "maximum": MAX_DPI, "default": DEFAULT_DPI},
                "Pixels an inch at which pages of a PDF are rendered.",
            ),
            _query(
                "force",
                {"type": "boolean", "default": False},
                "Read pages of a PDF, too, that have sound text already.",
            ),
            _CHARACTERS,
        ],
        "requestBody": _form_or_file(settings),
        "responses": _responses(
            _content(
                "What the document says.",
                {"application/json": _ref("Document"), **formats, "application/pdf": _BINARY},
            )
        ),
    }


def _recognize(settings: ServeSettings) -> Values:
    files = {"type": "array", "items": _BINARY, "minItems": 1, "maxItems": settings.max_crops}
    return {
        "operationId": "recognize",
        "summary": "Read crops of one line each",
        "parameters": [_CHARACTERS],
        "description": "A crop that cannot be read has its problem in place of its text, and the others are read. One crop "
        "may be the body itself; then its problem is the answer.",
        "requestBody": _form(settings, {"files": files}, ["files"], "Crops."),
        "responses": _responses(_json("Readings", "What they say."), leave_out=("406",)),
    }


def _picture(settings: ServeSettings) -> Values:
    return {
        "operationId": "picture",
        "summary": "A page as a picture",
        "description": "For viewers that cannot draw a PDF, a TIFF or HEIC: the page upright as it was read, made smaller "
        "where it is large.",
        "parameters": [_query("page", {"type": "integer", "minimum": 1, "default": 1}, "From 1.")],
        "requestBody": _form_or_file(settings),
        "responses": _responses(_content("The page.", {"image/jpeg": _BINARY}), leave_out=("406",)),
    }


def _document_schemas() -> Values:
    """The schema of a document with its parts, under the names that a client is to have for them."""
    text = _DOCUMENT_SCHEMA.read_text("utf-8")
    schema = json.loads(text)
    names = {name: name.capitalize() for name in schema["$defs"]}
    for name, renamed in names.items():
        text = text.replace(f'"#/$defs/{name}"', f'"#/components/schemas/{renamed}"')
    schema = json.loads(text)
    parts = schema.pop("$defs")
    # Generators would call it by its title.
    document = {key: value for key, value in schema.items() if not key.startswith("$") and key != "title"}
    return {"Document": document, **{names[name]: part for name, part in parts.items()}}


def _form(settings: ServeSettings, parts: Values, required: list[str], described: str) -> Values:
    schema = {"type": "object", "properties": parts, "required": required}
    return {
        "description": f"{described} At most {settings.max_upload_bytes / 2**20:g} MB.",
        "required": True,
        "content": {"multipart/form-data": {"schema": schema}},
    }


def _form_or_file(settings: ServeSettings) -> Values:
    form = _form(settings, {"file": _BINARY, "password": _PASSWORD}, ["file"], "An image or a PDF.")
    return {**form, "content": {**form["content"], "application/octet-stream": {"schema": _BINARY}}}


def _query(name: str, schema: Values, described: str) -> Values:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": described}


def _get(operation: str, summary: str, answer: Values, problems: tuple[str, ...] = (), open_: bool = False) -> Values:
    made: Values = {"operationId": operation, "summary": summary, "responses": {"200": answer, **_problems(problems)}}
    return {**made, "security": []} if open_ else made


def _responses(answer: Values, leave_out: tuple[str, ...] = ()) -> Values:
    return {"200": answer, **_problems(tuple(status for status in _PROBLEMS if status not in leave_out))}


def _problems(statuses: tuple[str, ...]) -> Values:
    return {
        status: {
            "description": _PROBLEMS[status],
            "content": _PROBLEM_CONTENT,
            **({"headers": _RETRY} if status == "503" else {}),
        }
        for status in statuses
    }


def _content(described: str, kinds: Values) -> Values:
    return {
        "description": described,
        "content": {media_type: {"schema": schema} for media_type, schema in kinds.items()},
    }


def _json(schema: str, described: str) -> Values:
    return _content(described, {"application/json": _ref(schema)})


def _ref(schema: str) -> Values:
    return {"$ref": f"#/components/schemas/{schema}"}
