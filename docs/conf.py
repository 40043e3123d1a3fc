"""The documentation site: `pip install ".[docs]" && sphinx-build -W -b html docs build/docs`.

Nothing is loaded from the network, neither when the site is built nor when it is read: formulas become MathML, which
browsers show by themselves, and fonts are the reader's own.
"""

import os
import re
from pathlib import Path

import numpy as np
from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx import addnodes

import fastsig
from fastsig._docs import DOCS

project = "fastsig"
release = version = fastsig.__version__
html_show_copyright = False

extensions = ["myst_parser", "numpydoc", "sphinx.ext.autodoc", "sphinx_copybutton"]
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3  # as GitHub names them; pages link to each other's sections by them
numpydoc_show_class_members = False
copybutton_prompt_text, copybutton_prompt_is_regexp = r">>> |\.\.\. ", True  # prompts and output are not copied
autodoc_typehints = "none"  # the docstrings have the types

html_theme = "furo"
html_title = "fastsig"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_math_renderer = "mathml"

FUNCTION = """# {name}

![The function {name} over its input](../figures/{name}.svg)

```{{eval-rst}}
.. currentmodule:: fastsig

.. autofunction:: fastsig.{call}
```

## The largest errors beside those of others

Errors are in ULP: one is the gap between two neighbouring numbers of the type. Correct rounding gives at most 1/2 ULP,
and no function can do better for every input. Where a library has no such function, a formula that people write with
that library stands for it. How the errors were measured, and on which machine, is in the
[log](../../bench/accuracy/table.md).

{pictures}

## In the fast tier

```{{eval-rst}}
.. autofunction:: fastsig.fast.{call}
```
"""


def write_function_pages(app):
    """Write a page for each function into `api`: its pictures, and its docstring in both tiers."""
    folder = Path(app.srcdir, "api")
    folder.mkdir(exist_ok=True)
    for name in DOCS:
        found = sorted(Path(app.srcdir, "figures").glob(f"{name}_error*.svg"))
        pictures = "\n\n".join(
            f"![The largest errors of {name} in ULP, of fastsig, NumPy, SciPy, PyTorch and JAX](../figures/{path.name})"
            for path in found
        )
        inputs = ", ".join(re.findall(r"^(\w+) : array_like of float", DOCS[name], re.M))
        call = f"{name}({inputs}, /, out=None, *, where=True, **kwargs)"
        page, text = folder / f"{name}.md", FUNCTION.format(name=name, call=call, pictures=pictures)
        if not page.exists() or page.read_text("utf-8") != text:  # else Sphinx would read it again
            page.write_text(text, "utf-8")


def keep_signature(_app, _what, _name, documented, _options, signature, returned):
    """Give functions the signature of their page, before numpydoc gives them the one that NumPy writes for ufuncs."""
    return (signature, returned) if isinstance(documented, np.ufunc) else None


def lead_out(app, doctree):
    """Turn links to files outside `docs`, which GitHub shows, into downloads; a link to a folder becomes plain text."""
    page = Path(app.env.doc2path(app.env.docname))
    for link in list(doctree.findall(addnodes.pending_xref)):
        if link.get("reftype") != "myst":
            continue
        target = page.parent / link["reftarget"]
        log = target.with_name(f"{target.name}.md")
        if link["refdomain"] == "doc" and not log.resolve().is_relative_to(app.srcdir):
            where = {"reftarget": os.path.relpath(log, page.parent), "refdoc": app.env.docname}
            link.replace_self(addnodes.download_reference("", "", *link.children, **where))
        elif link["refdomain"] is None and target.is_dir():
            link.replace_self(link.children)


def tidy(_, doctree):
    """Cut the empty last lines of examples, and give citations the numbers that their docstrings have."""
    for block in doctree.findall(nodes.literal_block):
        block[:] = [nodes.Text(block.astext().rstrip())]
    for link in doctree.findall(addnodes.pending_xref):
        if link["refdomain"] == "citation":  # numpydoc has put a prefix before each number, to make it unique
            link[:] = [nodes.Text(f"[{link['reftarget'].rpartition('-')[2]}]")]


def visit_math(writer, node):
    """Write a formula within a line."""
    writer.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def visit_displayed_math(writer, node):
    """Write a formula that stands by itself, which scrolls where the screen is narrower."""
    writer.body.append(f'<div class="displayed-math">{tex2mathml(node.astext(), as_block=True)}</div>\n')
    raise nodes.SkipNode


def setup(app):
    """Let Sphinx write the pages of the functions before it reads any page, and formulas as MathML."""
    app.connect("builder-inited", write_function_pages)
    app.connect("autodoc-process-signature", keep_signature, priority=400)
    app.connect("doctree-read", lead_out, priority=400)  # before Sphinx collects what can be downloaded
    app.connect("doctree-read", tidy)
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displayed_math, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
