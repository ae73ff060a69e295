"""Writes what rocrate-validator finds missing in the crate of a directory to a file, as JSON.

The contexts that a crate names are on the web, where a test has no business: they come from the file that is given.
"""

import json
import sys

from rocrate_validator import services
from rocrate_validator.utils import document_loader

directory, contexts, findings = sys.argv[1:]
with open(contexts) as file:
    served = json.load(file)
document_loader._fetch_json_ld = served.__getitem__

settings = services.ValidationSettings(
    rocrate_uri=directory,
    profile_identifier="process-run-crate-0.5",
    requirement_severity="REQUIRED",
    metadata_only=True,
)
result = services.validate(settings)
with open(findings, "w") as file:
    json.dump(sorted({issue.message for issue in result.get_issues()}), file)
