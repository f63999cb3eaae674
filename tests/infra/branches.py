"""What a value of a template may turn out to be, as far as the file alone tells: each branch, each variable's value."""

from collections.abc import Iterator

from tests.infra.bicep import Expression, File, Value, parse, text, value


def possible(given: Value, file: File) -> Iterator[Value]:
    """The values that an expression may have, other expressions among them; of anything else, itself."""
    if not isinstance(given, Expression):
        yield given
        return
    if given.text in file.variables:
        yield from possible(file.variables[given.text], file)
        return
    branches = _branches(given)
    if not branches:
        yield given
    for branch in branches:
        yield from possible(branch, file)


def _branches(given: Expression) -> list[Value]:
    """The two values of `condition ? one : other`; of any other expression nothing."""
    (declaration,) = parse(f"var it = {given.text}").named_children
    expression = declaration.named_children[-1]
    while expression.type == "parenthesized_expression":
        expression = expression.named_children[0]
    if expression.type != "ternary_expression":
        return []
    _, *branches = [child for child in expression.named_children if child.type != "comment"]
    return [value(branch) for branch in branches]


def api_versions(file: File) -> dict[str, str]:
    """The API version of every resource of a file, those that are looked up included, by symbol."""
    declared = [node for node in file.root.named_children if node.type == "resource_declaration"]
    return {text(each.named_children[0]): _version(text(each.named_children[1])) for each in declared}


def _version(what: str) -> str:
    return what.strip("'").partition("@")[2]
