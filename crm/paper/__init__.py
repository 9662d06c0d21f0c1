"""Papers for people who read on paper: A4 PDF in Japanese. ReportLab is known here and nowhere else."""

from crm.paper.paper import Paper
from crm.paper.table import Cell, Col, Value

__all__ = ["Cell", "Col", "Paper", "Value"]
