"""What the documentation site needs beside Sphinx's own extensions: names, types and formulas."""

import pkgutil
import re

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.nodes import make_refnode
from sphinx.util.typing import stringify_annotation
from sphinx.writers.html5 import HTML5Translator

from digitsolver.io.in_memory import ImageInput
from digitsolver.results import ImageSource

OURS = ("digitsolver.", "collector.")


def link_name(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, shown: nodes.TextElement
) -> nodes.Element | None:
    """Link a class by its name, and anything by the end of its path; else show the name as code.

    ``None`` leaves it to Sphinx's warning: a name of ours that does not exist.
    """
    if node["refdomain"] != "py":
        return None
    target = node["reftarget"].rpartition(":")[2]
    last = target.rpartition(".")[2]
    wanted = last if last[:1].isupper() else target
    if wanted[:1].isupper() or "." in wanted:
        python = env.domains.python_domain
        if found := python.find_obj(env, "", "", wanted, None, searchmode=1):
            name, entry = min(found, key=lambda item: len(item[0]))
            place = (node["refdoc"], entry.docname, entry.node_id)
            return make_refnode(app.builder, *place, shown, name)
    return None if target.startswith(OURS) and not exists(target) else shown


def exists(name: str) -> bool:
    """Tell whether a dotted name can be imported."""
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


def _spelt_out(alias: object) -> str:
    """Return a type as Sphinx prints it: its names without their modules."""
    return re.sub(r"~?(?:\w+\.)+(?=\w)", "", stringify_annotation(alias, "smart"))


ALIASES = {_spelt_out(ImageInput): "ImageInput", _spelt_out(ImageSource): "ImageSource"}
"""Names of types that are long when spelt out; longer ones first."""


def shorten(types: str) -> str:
    """Return types as the source has them."""
    for long, short in ALIASES.items():
        types = types.replace(long, short)
    return re.sub(r"ndarray\[tuple\[Any, \.\.\.\], dtype\[(\w+)\]\]", r"NDArray[\1]", types)


def shorten_types(_: Sphinx, doctree: nodes.document) -> None:
    """Replace types in signatures that are shorter as the source has them."""
    kinds = (addnodes.desc_sig_name, addnodes.desc_annotation, addnodes.desc_returns)
    for signature in doctree.findall(addnodes.desc_signature):
        for node in list(signature.findall(lambda node: isinstance(node, kinds))):
            text = node.astext().removeprefix(" -> ")  # HTML has an arrow of its own
            if shorten(text) != text:
                node.children.clear()
                node.append(nodes.Text(shorten(text)))


def drop_front_matter(_: object, __: object, content: list[str]) -> None:
    """Leave out the lines of YAML before a card, which model and data hubs read."""
    content[0] = re.sub(r"\A---\n.*?^---\n", "", content[0], flags=re.DOTALL | re.MULTILINE)


def show_examples(_: object, __: object, lines: list[str]) -> None:
    """Set the example at the end of a command's help as code."""
    if (head := "| Example:") in lines:
        at = lines.index(head)
        code = [line.removeprefix("|") for line in lines[at + 1 :]]
        lines[at:] = [".. code-block:: sh", "", *code]


def write_math(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula as MathML, which browsers show without a script."""
    self.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def write_math_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own."""
    self.body.append(f'<div class="math">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx of the functions above."""
    app.connect("source-read", drop_front_matter)
    app.connect("missing-reference", link_name)
    app.connect("doctree-read", shorten_types)
    app.connect("sphinx-click-process-description", show_examples)
    app.add_html_math_renderer("mathml", (write_math, None), (write_math_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
