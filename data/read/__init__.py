"""Reading a campaign folder, with every problem in it named at once.

A file goes through four doors, each in its own module: `folder` (bytes, safely), `csv_file`,
`geojson` and `geopackage` (a `Table` of text cells), `cells` and `places` (typed columns), and one
reader a file (`zones`, `maisons`, `agents`, `faces` …). `campaign` puts it all together.
"""

from __future__ import annotations

from data.read.campaign import Cleaned, clean_campaign, read_campaign
from data.read.codes import Code
from data.read.reading import Reading, Reject

__all__ = ["Cleaned", "Code", "Reading", "Reject", "clean_campaign", "read_campaign"]
