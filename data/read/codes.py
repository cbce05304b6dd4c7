"""The kinds of problems that reading can find: one stable name each, listed in docs/formats.md."""

from __future__ import annotations

from enum import StrEnum

from geo.errors import Severity


class Code(StrEnum):
    """Kind of a problem, in the order in which a planner would meet them."""

    # The folder and campaign.toml
    MISSING_CAMPAIGN_FILE = "missing-campaign-file"
    BROKEN_POSITIONS = "broken-positions"
    TOML_SYNTAX = "toml-syntax"
    UNKNOWN_KEY = "unknown-key"
    MISSING_KEY = "missing-key"
    BAD_TYPE = "bad-type"
    OUT_OF_RANGE = "out-of-range"
    DATES_REVERSED = "dates-reversed"
    UNKNOWN_CALENDAR = "unknown-calendar"
    UNKNOWN_DEPOT = "unknown-depot"
    HOURS_REVERSED = "hours-reversed"
    KIT_ZONE_COUNT = "kit-zone-count"
    ORDER_CYCLE = "order-cycle"
    SCHOOL_CALENDAR_UNKNOWN = "school-calendar-unknown"

    # A file as bytes
    PATH_OUTSIDE = "path-outside"
    MISSING_FILE = "missing-file"
    UNREADABLE_FILE = "unreadable-file"
    FILE_TOO_LARGE = "file-too-large"
    UNSUPPORTED_FORMAT = "unsupported-format"
    WRONG_CONTENT = "wrong-content"
    HOSTILE_ARCHIVE = "hostile-archive"
    HOSTILE_MARKUP = "hostile-markup"
    READING_STOPPED = "reading-stopped"
    EMPTY_FILE = "empty-file"
    UNDECODABLE_TEXT = "undecodable-text"
    CONTROL_CHARACTER = "control-character"
    READ_AS_CP1252 = "read-as-cp1252"
    READ_AS_UTF16 = "read-as-utf16"

    # A file as a table or a layer
    BROKEN_CSV = "broken-csv"
    BROKEN_SPREADSHEET = "broken-spreadsheet"
    UNKNOWN_SHEET = "unknown-sheet"
    SEVERAL_SHEETS = "several-sheets"
    SHEET_CHOSEN = "sheet-chosen"
    MERGED_CELLS = "merged-cells"
    FORMULA_ERROR = "formula-error"
    BROKEN_JSON = "broken-json"
    BROKEN_GEOJSON = "broken-geojson"
    BROKEN_GEOPACKAGE = "broken-geopackage"
    BROKEN_LAYER = "broken-layer"
    SEVERAL_LAYERS = "several-layers"
    LAYER_CHOSEN = "layer-chosen"
    NO_HEADING = "no-heading"
    UNCLEAR_SEPARATOR = "unclear-separator"
    HEADING_BELOW = "heading-below"
    TOO_MANY_COLUMNS = "too-many-columns"
    MISSING_COLUMN = "missing-column"
    DUPLICATE_HEADING = "duplicate-heading"
    AMBIGUOUS_HEADING = "ambiguous-heading"
    UNKNOWN_COLUMN = "unknown-column"
    WRONG_CELL_COUNT = "wrong-cell-count"
    NO_ROWS = "no-rows"
    OWNER_SCHEMA = "owner-schema"
    CONVERTED_VALUES = "converted-values"
    DEFAULT_VALUE = "default-value"
    OSM_ASSUMED = "osm-assumed"

    # Cells
    EMPTY_ID = "empty-id"
    BAD_ID = "bad-id"
    DUPLICATE_ID = "duplicate-id"
    MISSING_VALUE = "missing-value"
    UNREADABLE_NUMBER = "unreadable-number"
    AMBIGUOUS_NUMBER = "ambiguous-number"
    NOT_WHOLE_NUMBER = "not-whole-number"
    NEGATIVE_NUMBER = "negative-number"
    NEGATIVE_PRICE = "negative-price"
    UNREADABLE_YES_NO = "unreadable-yes-no"
    BAD_DATE = "bad-date"
    SERIAL_DATE = "serial-date"
    NUMBER_AS_CODE = "number-as-code"
    SHORT_CODE = "short-code"
    BAD_OPENING = "bad-opening"
    BAD_WINDOW = "bad-window"
    NOT_HALF_DAYS = "not-half-days"
    UNKNOWN_CHOICE = "unknown-choice"
    BAD_PERIOD = "bad-period"
    PERIOD_OUT_OF_RANGE = "period-out-of-range"
    SHARE_NOT_POSITIVE = "share-not-positive"
    UNKNOWN_MEDIUM = "unknown-medium"

    # Coordinates and shapes
    UNKNOWN_CRS = "unknown-crs"
    MISSING_CRS = "missing-crs"
    MIXED_CRS = "mixed-crs"
    CRS_CONFLICT = "crs-conflict"
    CRS_DOUBTFUL = "crs-doubtful"
    NOT_FINITE = "not-finite"
    MISSING_GEOMETRY = "missing-geometry"
    WRONG_GEOMETRY = "wrong-geometry"
    INVALID_POLYGON = "invalid-polygon"
    REPAIRED_POLYGON = "repaired-polygon"
    SWAPPED_COORDINATES = "swapped-coordinates"
    ZONES_LOOK_SWAPPED = "zones-look-swapped"
    POINT_OUTSIDE_TERRITORY = "point-outside-territory"
    POINT_FAR_AWAY = "point-far-away"
    PLACED_BY_ADDRESS = "placed-by-address"
    ADDRESS_NOT_PLACED = "address-not-placed"
    WORKPLACE_OUTSIDE_TERRITORY = "workplace-outside-territory"
    EXCLUSIONS_ELSEWHERE = "exclusions-elsewhere"

    # The zone tree
    UNKNOWN_PARENT = "unknown-parent"
    ZONE_CYCLE = "zone-cycle"
    LEVEL_ORDER = "level-order"
    ZONE_OUTSIDE_PARENT = "zone-outside-parent"
    ZONE_SLIGHTLY_OUTSIDE_PARENT = "zone-slightly-outside-parent"
    ZONES_OVERLAP = "zones-overlap"
    ZONES_OVERLAP_SLIGHTLY = "zones-overlap-slightly"
    ZONE_GAPS = "zone-gaps"

    # What one file says of another
    UNKNOWN_ZONE = "unknown-zone"
    UNKNOWN_MAISON = "unknown-maison"
    UNKNOWN_FACE = "unknown-face"
    UNKNOWN_AGENT = "unknown-agent"
    AGENT_WITHOUT_ZONES = "agent-without-zones"
    SHARED_PORTRAIT = "shared-portrait"
    MAISON_OUTSIDE_ITS_ZONE = "maison-outside-its-zone"
    DUPLICATE_TRAVEL = "duplicate-travel"
    TRAVEL_TO_ITSELF = "travel-to-itself"
    ZERO_CONTACTS = "zero-contacts"
    LOW_PRECISION = "low-precision"
    NEVER_AVAILABLE = "never-available"
    NO_USABLE_FACE = "no-usable-face"
    DUPLICATE_PANEL = "duplicate-panel"
    PANEL_APART = "panel-apart"
    DUPLICATE_LOCK = "duplicate-lock"
    LOCK_NOT_ELIGIBLE = "lock-not-eligible"
    LOCK_UNAVAILABLE = "lock-unavailable"
    LOCK_CLOSED_PERIOD = "lock-closed-period"
    LOCK_EXCLUDED = "lock-excluded"
    LOCK_WITHOUT_CONSENT = "lock-without-consent"
    LOCKS_TOO_CLOSE = "locks-too-close"
    LOCKS_TOO_LONG = "locks-too-long"

    # Portraits
    BAD_PORTRAIT = "bad-portrait"
    DUPLICATE_PORTRAIT_FILE = "duplicate-portrait-file"
    MISSING_PORTRAIT = "missing-portrait"
    UNUSED_PORTRAIT = "unused-portrait"


WARNINGS = frozenset(
    {
        Code.READ_AS_CP1252,
        Code.PANEL_APART,
        Code.DUPLICATE_PANEL,
        Code.ZONE_GAPS,
        Code.LOW_PRECISION,
        Code.PLACED_BY_ADDRESS,
        Code.REPAIRED_POLYGON,
        Code.READ_AS_UTF16,
        Code.SHEET_CHOSEN,
        Code.LAYER_CHOSEN,
        Code.MERGED_CELLS,
        Code.FORMULA_ERROR,
        Code.HEADING_BELOW,
        Code.OWNER_SCHEMA,
        Code.CONVERTED_VALUES,
        Code.DEFAULT_VALUE,
        Code.OSM_ASSUMED,
        Code.SERIAL_DATE,
        Code.NUMBER_AS_CODE,
        Code.SHORT_CODE,
        Code.UNKNOWN_COLUMN,
        Code.ZONES_LOOK_SWAPPED,
        Code.WORKPLACE_OUTSIDE_TERRITORY,
        Code.EXCLUSIONS_ELSEWHERE,
        Code.ZONE_SLIGHTLY_OUTSIDE_PARENT,
        Code.ZONES_OVERLAP_SLIGHTLY,
        Code.MAISON_OUTSIDE_ITS_ZONE,
        Code.ZERO_CONTACTS,
        Code.NEVER_AVAILABLE,
        Code.MISSING_PORTRAIT,
        Code.UNUSED_PORTRAIT,
    }
)
"""Kinds that are shown and do not stop the plan; every other kind does."""


def severity_of(code: Code) -> Severity:
    """Return how much a kind of problem weighs."""
    return Severity.WARNING if code in WARNINGS else Severity.ERROR
