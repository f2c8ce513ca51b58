"""The settings of the documentation site: `make docs` builds it from these pages."""

from pathlib import Path

import digitsolver

DEMO = Path(__file__).parents[1] / "build" / "demo"
"""The demo that runs in the browser, if it was built."""

project = "digitsolver"
author = "digitsolver contributors"
project_copyright = "2026, digitsolver contributors"
release = version = digitsolver.__version__

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.viewcode",
    "sphinx_click",
    "sphinx_gallery.gen_gallery",
    "tools.site_extension",
]
exclude_patterns = ["demo", "_templates"]
templates_path = ["_templates"]
nitpicky = True
default_role = "py:obj"

# --- pages in Markdown --------------------------------------------------------------------

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "substitution"]
myst_heading_anchors = 3
myst_substitutions = {
    "demo": '<a href="demo/index.html">Try it in your browser</a>: drop an image on the page and '
    "see it read. Nothing leaves your machine."
    if DEMO.is_dir()
    else "",
}

# --- API reference ------------------------------------------------------------------------

autosummary_generate = True
# On a file system that ignores case, the class and the function would share one file.
autosummary_filename_map = {"digitsolver.Trace": "digitsolver.Trace-class"}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_ignore = {"optional"}

# --- gallery ------------------------------------------------------------------------------

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "auto_examples",
    "filename_pattern": r"\.py$",
    "within_subsection_order": "FileNameSortKey",
    "image_scrapers": ("matplotlib",),
    "reset_modules": ("matplotlib",),
    "abort_on_example_error": True,
    "remove_config_comments": True,
    "show_memory": False,
    "write_computation_times": False,
    "parallel": False,
}

# --- HTML ---------------------------------------------------------------------------------

html_theme = "pydata_sphinx_theme"
html_title = f"digitsolver {release}"
html_static_path = ["_static"]
html_favicon = "_static/favicon.svg"
html_css_files = ["site.css"]
html_copy_source = False
html_math_renderer = "mathml"
html_theme_options = {
    "navbar_align": "left",
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
}
html_context = {"default_mode": "auto"}
html_sidebars = {"index": []}
