# SPDX-License-Identifier: Apache-2.0
"""The SBOM: SPDX 2.3 in JSON. Each file of the image with its checksums, each Debian package that one comes from."""
import hashlib
import json
import re
import time
import uuid

from debian import SPDX

NAMESPACE = uuid.UUID("6f7d2b1c-52e9-5b52-9d0f-0c3a5c1f7f1e")
NONE = "NOASSERTION"


def identifier(word):
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", word)


def expression(package, extracted):
    """All licences that the copyright file names, of whatever part of the source: what is linked may be under fewer."""
    names = []
    for name in package.licences:
        if name in SPDX:
            names.append(SPDX[name])
            continue
        reference = "LicenseRef-Debian-" + re.sub(r"[^A-Za-z0-9.-]", "-", name)
        extracted[reference] = {"licenseId": reference, "name": name,
                                "extractedText": f"See {name} in the copyright file of the Debian package."}
        names.append(reference)
    return " AND ".join(sorted(set(names))) or NONE


def debian_package(package, extracted):
    said = {"SPDXID": identifier(f"Package-{package.name}"), "name": package.name, "versionInfo": package.version,
            "supplier": "Organization: Debian", "downloadLocation": NONE, "filesAnalyzed": False, "licenseConcluded": NONE,
            "licenseDeclared": expression(package, extracted), "copyrightText": NONE,
            "sourceInfo": f"built from the Debian source package {package.source} {package.source_version}",
            "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": package.purl}]}
    if package.homepage:
        said["homepage"] = package.homepage
    return said


def file_entry(path, content, ours):
    kinds = ["BINARY"] if content[:4] == b"\x7fELF" else ["TEXT"]
    return {"SPDXID": identifier(f"File{path}"), "fileName": f".{path}", "fileTypes": kinds, "copyrightText": NONE,
            "checksums": [{"algorithm": name.upper(), "checksumValue": hashlib.new(name, content).hexdigest()}
                          for name in ("sha1", "sha256")],
            "licenseConcluded": NONE, "licenseInfoInFiles": ["Apache-2.0"] if ours else [NONE]}


def write(options, files, packages, owners, linked, program):
    """`owners`: path to package; `linked`: packages that are in the program itself."""
    extracted, relations = {}, []

    def relate(left, kind, right):
        relations.append({"spdxElementId": left, "relationshipType": kind, "relatedSpdxElement": right})

    entries = [file_entry(path, content, path == program) for path, (content, _) in sorted(files.items())]
    sums = sorted(one["checksums"][0]["checksumValue"] for one in entries)
    top = {"SPDXID": "SPDXRef-Package-hostnetd", "name": "hostnetd", "versionInfo": f"{options.version} ({options.commit})",
           "downloadLocation": NONE, "filesAnalyzed": True, "primaryPackagePurpose": "CONTAINER", "copyrightText": NONE,
           "packageVerificationCode": {"packageVerificationCodeValue": hashlib.sha1("".join(sums).encode()).hexdigest()},
           "licenseConcluded": NONE, "licenseDeclared": "Apache-2.0 AND (GPL-2.0-only OR BSD-2-Clause)",
           "licenseInfoFromFiles": ["Apache-2.0"], "hasFiles": [one["SPDXID"] for one in entries]}
    relate("SPDXRef-DOCUMENT", "DESCRIBES", top["SPDXID"])
    for path, name in sorted(owners.items()):
        relate(identifier(f"File{path}"), "GENERATED_FROM" if path.endswith("ca-certificates.crt") else "EXPANDED_FROM_ARCHIVE",
               identifier(f"Package-{packages[name].name}"))
    for name in sorted({*owners.values(), *linked}):
        kind = "STATIC_LINK" if name in linked else "DEPENDS_ON"
        relate(top["SPDXID"], kind, identifier(f"Package-{packages[name].name}"))
    document = {"spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
                "name": f"hostnetd-{options.version}-{options.arch}",
                "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(options.time)),
                                 "creators": ["Tool: hostnetd-deploy-image"]},
                "packages": [top, *(debian_package(one, extracted) for one in packages.values())], "files": entries,
                "relationships": relations}
    if extracted:
        document["hasExtractedLicensingInfos"] = [extracted[name] for name in sorted(extracted)]
    content = json.dumps(document, sort_keys=True)
    document["documentNamespace"] = f"urn:uuid:{uuid.uuid5(NAMESPACE, content)}"
    with open(options.sbom, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=1, sort_keys=True)
        file.write("\n")
