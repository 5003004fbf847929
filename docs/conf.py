"""The documentation site: ``sphinx-build -W --keep-going -n docs FOLDER``, without network."""

from __future__ import annotations

import sys
from importlib.metadata import version as version_of
from pathlib import Path

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS / "extensions"))

project = "scar-cp"
author = "the authors of scar-cp"
version = release = version_of("scar-cp")

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "myst_parser",
    "commands",
    "homes",
    "records",
]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = True
default_role = "py:obj"
add_module_names = False
toc_object_entries_show_parents = "hide"
python_maximum_signature_line_length = 88
python_use_unqualified_type_names = True

autodoc_member_order = "bysource"
autodoc_class_signature = "mixed"
autosummary_generate = False
numpydoc_show_class_members = False
numpydoc_class_members_toctree = False

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist"]
myst_heading_anchors = 4
myst_links_external_new_tab = False

nitpick_ignore_regex = [
    # Other projects' names: their inventories would have to come from the network.
    (r"py:.*", r"(collections|fractions|matplotlib|numpy|pathlib|pydantic|threading|typing)\..*"),
    (r"py:.*", r"(Figure|Fraction|NDArray|(np|nx)\..*)"),
    # Type variables, the base of all records, and what only the exact solver touches.
    (r"py:class", r"scar_cp\.(records\.yaml_json|files\.named_records)\.R"),
    (r"py:class", r"scar_cp\.(problem\.compiled|judge\.objective)\.Amount"),
    (r"py:class", r"scar_cp\.records\.record\.Record"),
    (r"py:class", r"scar_cp\.partition\.one_window\.CountTable"),
]

html_theme = "furo"
html_title = f"scar-cp {release}"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#0b5c8a", "color-brand-content": "#0b5c8a"},
    "dark_css_variables": {"color-brand-primary": "#6cb8e6", "color-brand-content": "#6cb8e6"},
}
