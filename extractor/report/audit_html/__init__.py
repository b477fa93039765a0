"""The audit as one self-contained HTML file: summary, charts, a table of encounters, and a page for each of them."""

from extractor.report.audit_html.page import render_html, write_html

__all__ = ["render_html", "write_html"]
