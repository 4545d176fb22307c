"""The figures that matter most of what was measured of a bundle, as lines for a terminal."""

from collections.abc import Sequence

from training.evaluate.metrics import Measured, Part


def as_text(measured: Measured) -> str:
    """Figures by folder, for whole photographs, by label and by group."""
    lines = []
    for part in [*measured.parts, *([measured.overall] if len(measured.parts) > 1 else [])]:
        lines += [f"{part.name}: {len(part.outcomes)}", *_indented(_shares(part, measured.faces))]
    if whole := measured.whole:
        alone: list[tuple[str, object]] = [("faces where none is marked", whole.strays)]
        alone += [("one face, found", whole.found_alone), ("one face, right", whole.right_alone())]
        if whole.part.merged_labels:
            alone += [("one face, right, merged", whole.right_alone(whole.part.merged_labels))]
        lines += [f"whole photographs: {whole.photographs}", *_indented(alone)]
    present = [label for label in measured.labels if measured.recall(label).of]
    lines += ["by label", *_indented([(label, measured.recall(label)) for label in present])]
    coverage, accuracy = measured.sure
    lines += [f"sure answers: {coverage}", f"  of those, right: {accuracy}"]
    if measured.calibration:
        lines += [f"calibration error: {measured.calibration_error:.1%} (chance alone: {measured.error_by_chance:.1%})"]
    for grouping in measured.audit:
        lines.append(f"by {grouping.name} ({'right, of those found' if measured.faces else 'right'})")
        lines += _indented([(group.name, group.right) for group in grouping.groups])
        lines.append("  " + grouping.words())
    if unreadable := measured.answers.unreadable:
        lines.append(f"files that could not be read: {len(unreadable)}, such as")
        lines += [f"  {file}: {why}" for file, why in list(unreadable.items())[:3]]
    return "\n".join(lines)


def _shares(part: Part, faces: bool) -> list[tuple[str, object]]:
    shares: list[tuple[str, object]] = []
    if not faces:
        shares += [("right", part.right)]
        if part.taken_for_none.right:
            shares += [("answered “none of these”", part.taken_for_none)]
        if part.none_refused.of:
            shares += [("none of these, and answered so", part.none_refused)]
    elif part.people:
        shares += [("found", part.found), ("right, not found being wrong", part.right)]
        shares += [("right, of those found", part.right_of_found)]
        if merged := part.merged:
            shares += [("... labels merged", merged)]
    if part.taken_for_people.of:
        shares += [("nobody, answered as a face", part.taken_for_people)]
    return shares


def _indented(pairs: Sequence[tuple[str, object]]) -> list[str]:
    return [f"  {name:<30} {value}" for name, value in pairs]
