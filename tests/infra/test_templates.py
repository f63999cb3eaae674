"""What a compiler would say first: every file is Bicep, every name is declared, every call fits what it calls."""

import re

import pytest
from tree_sitter import Node

from tests.infra.bicep import FILES, INFRA, ROOT, File, parameter_file, parse, read, text, walk

FUNCTIONS = {
    "bool", "cidrSubnet", "concat", "contains", "empty", "environment", "fail", "guid", "int", "last",
    "loadTextContent", "readEnvironmentVariable", "replace", "split", "string", "subscription",
    "subscriptionResourceId", "tenant", "toLower", "union", "uniqueString",
}  # fmt: skip
OUTPUT = re.compile(r"\b(\w+)\.outputs\.(\w+)")


def called(path: str, module: str) -> File:
    """The file that a module declaration in another file calls."""
    return read((INFRA / path).parent.joinpath(module).resolve().relative_to(INFRA).as_posix())


def references(node: Node) -> set[str]:
    """The symbols that an expression reads; keys of objects, declared names and types are none."""
    if node.type in {"decorators", "type", "import_functionality", "comment", "target_scope_assignment"}:
        return set()
    if node.type == "identifier":
        return {text(node)}
    children = node.named_children
    if node.type.endswith("_declaration") or node.type in {"object_property", "for_statement"}:
        children = children[1:]
    return set().union(*(references(child) for child in children))


def loop_variables(root: Node) -> set[str]:
    """The names that loops give to what they go through."""
    loops = [node.named_children[0] for node in walk(root) if node.type == "for_statement"]
    return {text(each) for loop in loops for each in (loop.named_children or [loop])}


def declared(file: File) -> set[str]:
    """Every name of a file that an expression may use."""
    own = {*file.parameters, *file.variables, *file.resources, *file.modules, *file.imports}
    return own | loop_variables(file.root)


@pytest.mark.parametrize("name", FILES)
def test_every_file_is_bicep(name: str) -> None:
    assert not read(name).root.has_error


def test_what_is_not_bicep_is_noticed() -> None:
    assert parse("resource app 'Microsoft.Web/sites@2024-11-01' = {\n  name: \n}").has_error


@pytest.mark.parametrize("name", FILES)
def test_every_symbol_that_is_used_is_declared(name: str) -> None:
    file = read(name)
    assert references(file.root) - FUNCTIONS - declared(file) == set()


@pytest.mark.parametrize("name", FILES)
def test_every_parameter_and_variable_is_used(name: str) -> None:
    file = read(name)
    exported = {"roles"} if name == "roles.bicep" else set()
    assert {*file.parameters, *file.variables, *file.imports} - exported <= references(file.root)


@pytest.mark.parametrize("name", FILES)
def test_every_module_gets_the_parameters_that_it_declares(name: str) -> None:
    for module in read(name).modules.values():
        parameters = called(name, module.kind).parameters.values()
        given = module.get("params")
        assert isinstance(given, dict)
        assert set(given) <= {each.name for each in parameters}
        assert set(given) >= {each.name for each in parameters if each.default is None}


@pytest.mark.parametrize("name", FILES)
def test_every_output_that_is_read_is_one_of_the_module(name: str) -> None:
    file = read(name)
    for symbol, output in OUTPUT.findall(text(file.root)):
        assert output in called(name, file.modules[symbol].kind).outputs, f"{symbol}.{output}"


@pytest.mark.parametrize("name", FILES)
def test_a_secret_stays_one_on_its_way_through_the_modules(name: str) -> None:
    file = read(name)
    secret = {each.name for each in file.parameters.values() if "secure" in each.decorators}
    for module in file.modules.values():
        inner = called(name, module.kind).parameters
        params = module.get("params")
        assert isinstance(params, dict)
        kept = {key for key, given in params.items() if getattr(given, "text", None) in secret}
        assert all("secure" in inner[key].decorators for key in kept)


def test_no_secret_has_a_default_but_none() -> None:
    secure = [each for name in FILES for each in read(name).parameters.values() if "secure" in each.decorators]
    assert secure
    assert {each.default for each in secure} == {None, ""}


def test_the_parameter_file_names_only_parameters_and_all_that_have_no_default() -> None:
    given = set(parameter_file("main.bicepparam"))
    parameters = read("main.bicep").parameters
    assert given <= set(parameters)
    assert given >= {each.name for each in parameters.values() if each.default is None}


def test_azd_is_pointed_at_the_template_and_at_the_tagged_app() -> None:
    manifest = (ROOT / "azure.yaml").read_text("utf-8")
    (folder,), (module,) = (
        re.findall(r"^  path: (\S+)", manifest, re.MULTILINE),
        re.findall(r"^  module: (\S+)", manifest, re.MULTILINE),
    )
    assert (ROOT / folder / f"{module}.bicep").is_file()
    (service,) = re.findall(r"^services:\n  (\w+):", manifest, re.MULTILINE)
    tags = read("modules/function-app.bicep").only("Microsoft.Web/sites").get("tags")
    assert f"'azd-service-name': '{service}'" in getattr(tags, "text", "")
