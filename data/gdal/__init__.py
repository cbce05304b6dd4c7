"""A process apart in which files that we did not write are opened: see docs/adr/0008.

`box` starts it, hands it a copy of the file and reads its answer; `child` is what runs in it,
`confine` takes away from it what it does not need. The jobs are functions of a folder and options
(`layers`, `shapes`): what they import (GDAL, GEOS on parsed text, Arrow) is never imported by the
process that plans.
"""
