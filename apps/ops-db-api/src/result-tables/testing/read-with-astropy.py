"""What astropy makes of a FITS table, as JSON. Anything that it warns of, a checksum that is wrong included, is an error."""

import json
import sys
import warnings

import numpy
from astropy import units
from astropy.io import fits
from astropy.table import QTable, Table

warnings.simplefilter("error")


def plain(value):
    """A cell as JSON has it: null for what is masked or NaN."""
    if value is numpy.ma.masked:
        return None
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, bytes):
        value = value.decode("ascii")
    if isinstance(value, float) and value != value:
        return None
    # JSON's numbers are doubles in JavaScript.
    return str(value) if isinstance(value, int) and abs(value) > 2**53 else value


path = sys.argv[1]
with fits.open(path, checksum=True) as hdus:
    hdus.verify("exception")
    header = hdus[1].header
    comments = {header[f"TTYPE{n}"]: header.get(f"TCOMM{n}", "") for n in range(1, header["TFIELDS"] + 1)}
    has_sums = [key in hdu.header for hdu in hdus for key in ("CHECKSUM", "DATASUM")]
table = Table.read(path, hdu=1)
QTable.read(path, hdu=1)
print(
    json.dumps(
        {
            "names": table.colnames,
            "types": {name: table[name].dtype.kind + str(table[name].dtype.itemsize) for name in table.colnames},
            "units": {n: units.Unit(table[n].unit).to_string("fits") for n in table.colnames if table[n].unit},
            "comments": {name: text for name, text in comments.items() if text},
            "has_sums": has_sums,
            "length": len(table),
            "rows": [{name: plain(row[name]) for name in table.colnames} for row in table[:3]],
            "sums": {name: plain(table[name].sum()) for name in ("number", "flux") if len(table) > 0},
        }
    )
)
