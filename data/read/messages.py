"""What a planner reads about each kind of problem, in French, and what to do about it.

Templates are written with plain spaces; `typeset` makes them the non-breaking ones that French
typography wants. Values that came from a file are filled in afterwards and stay as typed.
"""

from __future__ import annotations

import re
from functools import cache
from unicodedata import category

from data.read.codes import Code

NO_BREAK = "\N{NO-BREAK SPACE}"
_LONGEST_VALUE = 120
_LONGEST_FIELD = 600

_TEXTS: dict[Code, tuple[str, str]] = {
    Code.MISSING_CAMPAIGN_FILE: (
        "Il n’y a pas de fichier campaign.toml dans ce dossier.",
        "Donnez le dossier qui contient campaign.toml ; un modèle est décrit dans docs/formats.md.",
    ),
    Code.BROKEN_POSITIONS: (
        "Le fichier des adresses géocodées ne peut pas être lu.",
        "Supprimez-le et relancez « placarde geocode ».",
    ),
    Code.TOML_SYNTAX: (
        "La syntaxe TOML est rompue ici (ligne {line}, caractère {column}).",
        (
            "Vérifiez les guillemets, les crochets et le signe = de cette ligne ; chaque clé ne "
            "s’écrit qu’une fois."
        ),
    ),
    Code.UNKNOWN_KEY: (
        "La clé « {key} » n’existe pas.{hint}",
        "Corrigez ou supprimez cette clé ; les clés admises sont : {allowed}.",
    ),
    Code.MISSING_KEY: (
        "La clé « {key} » manque.",
        "Ajoutez-la : {expected}.",
    ),
    Code.BAD_TYPE: (
        "La clé « {key} » attend {expected}.",
        "Écrivez par exemple {example}.",
    ),
    Code.OUT_OF_RANGE: (
        "« {name} » sort des valeurs admises : {expected}.",
        "Corrigez la valeur.",
    ),
    Code.DATES_REVERSED: (
        "La fin ({end}) vient avant le début ({start}).",
        "Échangez ou corrigez les deux dates.",
    ),
    Code.UNKNOWN_CALENDAR: (
        "Le calendrier de jours fériés « {calendar} » n’existe pas.",
        "Écrivez un pays (« FR »), ou un pays et une subdivision (« FR-57 » pour la Moselle).",
    ),
    Code.UNKNOWN_DEPOT: (
        "Le dépôt « {depot} » n’est pas une Maison de la campagne.{hint}",
        "Donnez à tour.depot l’identifiant d’une Maison.",
    ),
    Code.HOURS_REVERSED: (
        "Les trajets finiraient ({end}) avant de commencer ({start}).",
        "Échangez ou corrigez tour.drive_from et tour.drive_until.",
    ),
    Code.KIT_ZONE_COUNT: (
        "La liste tour.kit_zones ({count}) ne va pas avec tour.kits ({kits}).",
        "Donnez une zone par kit, dans l’ordre ; un texte vide laisse un kit aller partout.",
    ),
    Code.ORDER_CYCLE: (
        "L’ordre demandé tourne en rond : {cycle}.",
        "Retirez de tour.order l’une de ces étapes.",
    ),
    Code.SCHOOL_CALENDAR_UNKNOWN: (
        "Le calendrier scolaire n’est connu que du {first} au {last}.",
        "Changez les dates de la tournée, ou retirez school_holidays.",
    ),
    Code.PATH_OUTSIDE: (
        "Le chemin « {path} » sort du dossier de la campagne.",
        (
            "Copiez le fichier dans le dossier et donnez un chemin relatif, sans « .. », sans lien "
            "symbolique vers l’extérieur, avec / entre les dossiers."
        ),
    ),
    Code.MISSING_FILE: (
        "Le fichier « {path} » n’existe pas dans le dossier de la campagne.{hint}",
        "Ajoutez le fichier ou corrigez son nom dans [files].",
    ),
    Code.UNREADABLE_FILE: (
        "Le système refuse de lire ce fichier.",
        "Vérifiez les droits du fichier et qu’aucun logiciel ne le tient ouvert.",
    ),
    Code.FILE_TOO_LARGE: (
        "Le fichier dépasse ce qui est accepté ({limit}).",
        "Allégez le fichier : moins de lignes, des contours simplifiés, une image plus petite.",
    ),
    Code.UNSUPPORTED_FORMAT: (
        "Ce format n’est pas lu ici ; sont lus : {accepted}.",
        "Exportez le fichier dans l’un de ces formats.",
    ),
    Code.WRONG_CONTENT: (
        "Le contenu n’est pas celui d’un fichier {expected}{looks_like}.",
        "Exportez le fichier dans le bon format : changer l’extension ne suffit pas.",
    ),
    Code.HOSTILE_ARCHIVE: (
        "L’archive est refusée : {detail}.",
        "Refaites l’archive avec les seuls fichiers de la couche, sans lien ni mot de passe.",
    ),
    Code.HOSTILE_MARKUP: (
        (
            "Le fichier déclare des entités XML (DOCTYPE), dont aucune donnée n’a besoin : il"
            " est refusé."
        ),
        "Exportez-le à nouveau depuis le logiciel où il a été fait.",
    ),
    Code.READING_STOPPED: (
        "La lecture du fichier a été arrêtée : {detail}.",
        "Le fichier est abîmé, démesuré ou piégé : exportez-le à nouveau, en plus simple.",
    ),
    Code.EMPTY_FILE: (
        "Le fichier est vide.",
        "Remplacez-le par le fichier complet.",
    ),
    Code.UNDECODABLE_TEXT: (
        "Le texte n’est pas lisible en {encodings}{detail}.",
        "Enregistrez le fichier en UTF-8.",
    ),
    Code.CONTROL_CHARACTER: (
        "Le texte contient un caractère de contrôle ({character}) qui n’a rien à y faire.",
        "Supprimez ce caractère, ou exportez le fichier à nouveau : il est peut-être abîmé.",
    ),
    Code.READ_AS_CP1252: (
        "Le fichier n’est pas en UTF-8 : il a été lu en Windows-1252.",
        "Vérifiez les accents ; enregistrez-le en UTF-8 pour lever le doute.",
    ),
    Code.READ_AS_UTF16: (
        "Le fichier a été lu en UTF-16.",
        "Vérifiez les accents ; enregistrez-le en UTF-8 pour lever le doute.",
    ),
    Code.BROKEN_CSV: (
        (
            "Le CSV est rompu à cette ligne : un guillemet n’est pas refermé, est mal placé, ou "
            "une cellule est démesurée."
        ),
        (
            "Vérifiez les guillemets de cette ligne et de celle d’avant ; un guillemet dans une "
            "cellule entre guillemets se double."
        ),
    ),
    Code.BROKEN_SPREADSHEET: (
        "Le classeur ne peut pas être lu : {detail}.",
        "Ouvrez-le dans un tableur et enregistrez-le à nouveau, sans mot de passe, ou en CSV.",
    ),
    Code.UNKNOWN_SHEET: (
        "Le classeur n’a pas de feuille « {sheet} » ; il a : {sheets}.{hint}",
        "Corrigez le nom après le # dans [files].",
    ),
    Code.SEVERAL_SHEETS: (
        "Plusieurs feuilles du classeur conviennent aussi bien : {sheets}.",
        "Dites laquelle lire dans [files] : « {example} ».",
    ),
    Code.SHEET_CHOSEN: (
        "Le classeur a plusieurs feuilles : « {sheet} » a été lue, pas {others}.",
        "Si c’est une autre, dites laquelle dans [files] : « {example} ».",
    ),
    Code.MERGED_CELLS: (
        (
            "Des cellules sont fusionnées ({ranges}) : seule la première en porte la valeur, les "
            "autres sont lues vides."
        ),
        "Défusionnez-les et recopiez la valeur si elle vaut pour toutes.",
    ),
    Code.BROKEN_JSON: (
        "Le fichier n’est pas du JSON lisible{detail}.",
        "Exportez la couche à nouveau en GeoJSON.",
    ),
    Code.BROKEN_GEOJSON: (
        "Le JSON n’est pas une couche GeoJSON : {detail}.",
        "Exportez une collection d’objets (FeatureCollection).",
    ),
    Code.BROKEN_GEOPACKAGE: (
        "Le GeoPackage ne peut pas être lu : {detail}.",
        "Exportez la couche à nouveau en GeoPackage ou en GeoJSON.",
    ),
    Code.BROKEN_LAYER: (
        "Le fichier ne peut pas être lu : {detail}.",
        "Exportez la couche à nouveau, de préférence en GeoPackage.",
    ),
    Code.FORMULA_ERROR: (
        "Le classeur a des formules en erreur (comme #N/A), lues comme vides : {count} ({cells}).",
        "Corrigez les formules, ou remplacez-les par leurs valeurs.",
    ),
    Code.SEVERAL_LAYERS: (
        "Le fichier contient plusieurs couches ({layers}) et aucune ne s’appelle « {wanted} ».",
        "Renommez la bonne couche « {wanted} », ou n’en exportez qu’une.",
    ),
    Code.LAYER_CHOSEN: (
        "Le fichier contient plusieurs couches : « {layer} » a été lue, pas {others}.",
        "Si ce n’est pas la bonne, n’exportez que celle qu’il faut.",
    ),
    Code.NO_HEADING: (
        "Aucune colonne attendue n’est reconnue dans la première ligne.",
        "La première ligne porte les noms des colonnes, séparés par « ; » ou « , » : {expected}.",
    ),
    Code.UNCLEAR_SEPARATOR: (
        "La ligne de titres se lit aussi bien avec « ; » qu’avec « , ».",
        "Gardez un seul séparateur dans tout le fichier.",
    ),
    Code.HEADING_BELOW: (
        (
            "Les titres des colonnes ont été trouvés à la ligne {row} ; les lignes au-dessus sont "
            "ignorées."
        ),
        "Si ce n’est pas la bonne ligne, supprimez ce qui la précède.",
    ),
    Code.TOO_MANY_COLUMNS: (
        "La ligne a {count} colonnes ; {most} au plus sont lues.",
        "Gardez les colonnes utiles, ou corrigez le séparateur.",
    ),
    Code.MISSING_COLUMN: (
        "La colonne « {column} » manque.",
        "Ajoutez-la, ou donnez-lui l’un de ces noms : {names}.",
    ),
    Code.DUPLICATE_HEADING: (
        "Plusieurs colonnes disent « {column} » : {headings}.",
        "Gardez-en une seule, ou renommez les autres.",
    ),
    Code.AMBIGUOUS_HEADING: (
        "La colonne « {heading} » peut vouloir dire {columns}.",
        "Renommez-la comme ce qu’elle contient : {columns}.",
    ),
    Code.UNKNOWN_COLUMN: (
        (
            "La colonne « {heading} » n’est pas connue et n’est pas lue ; vouliez-vous dire "
            "« {column} » ?"
        ),
        "Renommez la colonne « {column} » si c’est elle, ou laissez-la : elle est ignorée.",
    ),
    Code.WRONG_CELL_COUNT: (
        "La ligne a {count} cellules au lieu de {expected}.",
        "Ajoutez ou retirez des séparateurs ; un séparateur dans un texte demande des guillemets.",
    ),
    Code.NO_ROWS: (
        "Le fichier n’a aucune ligne de données.",
        "Ajoutez au moins une ligne.",
    ),
    Code.OWNER_SCHEMA: (
        "Le fichier a été reconnu comme {schema} ; ses colonnes ont été lues ainsi : {columns}.",
        "Vérifiez ces colonnes ; renommez-les comme dans docs/formats.md pour lever le doute.",
    ),
    Code.CONVERTED_VALUES: (
        "La colonne « {heading} » compte {unit} : elle a été convertie en {wanted} ({factor}).",
        "Vérifiez que c’est bien ce que le fichier compte.",
    ),
    Code.DEFAULT_VALUE: (
        "Rien ne donne « {column} » : la valeur {value} de [defaults] vaut pour {count} lignes.",
        "Remplacez-la par de vraies valeurs dès qu’elles sont connues.",
    ),
    Code.OSM_ASSUMED: (
        "{count} panneaux d’OpenStreetMap ne disent pas tout : {assumed}.",
        "Vérifiez-les sur place ou auprès du régisseur ; la colonne « qualite » les marque.",
    ),
    Code.EMPTY_ID: (
        "L’identifiant est vide.",
        "Donnez un identifiant à chaque ligne.",
    ),
    Code.BAD_ID: (
        "L’identifiant « {value} » n’est pas admis : 100 caractères au plus, sans « | ».",
        "Choisissez un identifiant plus simple.",
    ),
    Code.DUPLICATE_ID: (
        "L’identifiant « {value} » est déjà celui de la ligne {first}.",
        "Supprimez la ligne en double ou changez son identifiant.",
    ),
    Code.MISSING_VALUE: (
        "La cellule est vide alors que cette valeur est obligatoire.",
        "Remplissez la cellule.",
    ),
    Code.UNREADABLE_NUMBER: (
        "« {value} » n’est pas un nombre.",
        "Écrivez un nombre comme 1 234,5 ou 1234.5, sans unité.",
    ),
    Code.AMBIGUOUS_NUMBER: (
        "« {value} » peut se lire {large} ou {small}.",
        "Séparez les milliers par une espace ou par rien, et gardez la virgule pour les décimales.",
    ),
    Code.NOT_WHOLE_NUMBER: (
        "« {value} » n’est pas un nombre entier.",
        "Écrivez un nombre entier.",
    ),
    Code.NEGATIVE_NUMBER: (
        "La valeur {value} est négative.",
        "Écrivez un nombre positif ou nul.",
    ),
    Code.NEGATIVE_PRICE: (
        "Le prix {value} est négatif.",
        "Écrivez un prix hors taxes positif ou nul, en euros par vague.",
    ),
    Code.UNREADABLE_YES_NO: (
        "« {value} » n’est ni oui ni non.",
        "Écrivez « oui » ou « non », ou laissez vide si on ne sait pas.",
    ),
    Code.BAD_DATE: (
        "« {value} » n’est pas une date.",
        "Écrivez 2017-10-17 ou 17/10/2017 ; plusieurs dates se séparent par « | ».",
    ),
    Code.SERIAL_DATE: (
        "Le nombre {value} est une date de tableur : il a été lu comme le {day}.",
        "Vérifiez la date ; donnez à la colonne un format de date dans le tableur.",
    ),
    Code.NUMBER_AS_CODE: (
        "{count} cellules de cette colonne sont des nombres, lus comme des codes ({example} …).",
        "Vérifiez qu’aucun zéro n’a été perdu ; donnez à la colonne le format « texte ».",
    ),
    Code.SHORT_CODE: (
        (
            "{count} codes ont un chiffre de moins qu’attendu, comme « {value} » : un zéro a sans "
            "doute été perdu ({likely})."
        ),
        "Corrigez-les si c’est le cas ; ils ont été laissés tels quels.",
    ),
    Code.BAD_OPENING: (
        "Les horaires « {value} » ne suivent pas la syntaxe opening_hours d’OpenStreetMap.",
        "Écrivez par exemple « Mo-Fr 08:30-12:00,13:30-17:00; PH off » (jours en anglais abrégé).",
    ),
    Code.BAD_WINDOW: (
        "« {value} » n’est pas une fenêtre de dates.",
        (
            "Écrivez 2017-10-17..2017-10-20, ou 17/10/2017 au 20/10/2017 ; plusieurs fenêtres se "
            "séparent par « | »."
        ),
    ),
    Code.NOT_HALF_DAYS: (
        "« {value} » n’est pas un nombre de demi-journées.",
        "Écrivez des jours entiers, ou des demi-journées comme 0,5 ou 1,5.",
    ),
    Code.UNKNOWN_CHOICE: (
        "« {value} » n’est pas un choix possible.",
        "Écrivez {allowed}.",
    ),
    Code.BAD_PERIOD: (
        "« {value} » ne désigne pas de vagues.",
        "Écrivez des numéros séparés par « | » (1|2|4), « aucune », ou laissez vide pour toutes.",
    ),
    Code.PERIOD_OUT_OF_RANGE: (
        "La vague {period} n’existe pas : la campagne va de 1 à {count}.",
        "Corrigez le numéro, ou campaign.periods.",
    ),
    Code.SHARE_NOT_POSITIVE: (
        "La part {value} doit être plus grande que 0.",
        "Écrivez une part positive (1 par défaut), ou retirez l’agent de la campagne.",
    ),
    Code.UNKNOWN_MEDIUM: (
        "« {value} » n’est pas un support de consentement connu.{hint}",
        "Les supports sont : affichage, exposition, presse, web, ou tous ; séparez-les par « | ».",
    ),
    Code.UNKNOWN_CRS: (
        "Le système de coordonnées « {crs} » n’est pas reconnu.{hint}",
        'Donnez un code EPSG : {key} = "{example}" dans [files], ou --crs {kind}={example}.',
    ),
    Code.MISSING_CRS: (
        "Rien ne dit dans quel système sont ces coordonnées.{hint}",
        (
            'Confirmez-le : {key} = "{example}" dans [files], ou --crs {kind}={example}{columns} ; '
            "rien n’est supposé sans vous."
        ),
    ),
    Code.MIXED_CRS: (
        (
            "Cette ligne n’est pas dans le même système de coordonnées que le reste du fichier : "
            "{detail}."
        ),
        "Remettez tout le fichier dans un seul système, ou corrigez la virgule décimale.",
    ),
    Code.CRS_CONFLICT: (
        "Deux systèmes de coordonnées se contredisent : {one} ; {other}.",
        "Corrigez le fichier, ou la clé {key} de [files].",
    ),
    Code.CRS_DOUBTFUL: (
        "Aucun point ne tombe dans le territoire si le fichier est en {crs}.{hint}",
        ('Confirmez le bon système : {key} = "{example}" dans [files], ou --crs {kind}={example}.'),
    ),
    Code.NOT_FINITE: (
        "« {value} » n’est pas un nombre fini.",
        "Donnez la vraie valeur, ou supprimez la ligne.",
    ),
    Code.MISSING_GEOMETRY: (
        "L’objet n’a pas de géométrie, ou elle est vide.",
        "Dessinez la géométrie, ou supprimez l’objet.",
    ),
    Code.WRONG_GEOMETRY: (
        "La géométrie est de type {kind} ; il faut {expected}.",
        "Exportez la bonne couche.",
    ),
    Code.INVALID_POLYGON: (
        "Le polygone n’est pas valide : {reason}.",
        "Corrigez le contour dans un SIG (outil « réparer les géométries »).",
    ),
    Code.REPAIRED_POLYGON: (
        (
            "Le polygone n’était pas valide ({reason}) : il a été réparé, ce qui change sa "
            "surface de {share}."
        ),
        "Vérifiez le contour ; réparez-le dans un SIG pour que ce message disparaisse.",
    ),
    Code.SWAPPED_COORDINATES: (
        "{subject} hors du territoire ; on y tombe si l’on échange {first} et {second}.",
        "Échangez {first} et {second}.",
    ),
    Code.ZONES_LOOK_SWAPPED: (
        "Les zones tombent hors de France, mais y tombent si l’on échange latitude et longitude.",
        "En GeoJSON, la longitude vient avant la latitude ; exportez la couche à nouveau.",
    ),
    Code.POINT_OUTSIDE_TERRITORY: (
        "Le point n’est dans aucune zone de la campagne (zone la plus proche : {zone}, à {far}).",
        "Corrigez les coordonnées, ou retirez la ligne.",
    ),
    Code.POINT_FAR_AWAY: (
        "Le point est à {far} du territoire : en mer, à l’étranger, ou faux.",
        "Corrigez les coordonnées, ou retirez la ligne.",
    ),
    Code.PLACED_BY_ADDRESS: (
        (
            "{count} lignes sans coordonnées ont été placées par leur adresse, à cette "
            "précision : {precision} (lignes {rows})."
        ),
        (
            "Lancez « placarde geocode » pour des points plus précis, ou donnez les "
            "coordonnées ; matching.min_precision écarte les moins précis."
        ),
    ),
    Code.ADDRESS_NOT_PLACED: (
        "{subject} pas de coordonnées, ni de commune parmi les zones de la campagne.",
        (
            "Donnez les coordonnées, ou ajoutez une section [geocoder] à campaign.toml et lancez "
            "« placarde geocode », qui les trouve."
        ),
    ),
    Code.WORKPLACE_OUTSIDE_TERRITORY: (
        (
            "Le lieu de travail n’est dans aucune zone de la campagne (zone la plus proche : "
            "{zone}, à {far})."
        ),
        "Vérifiez les coordonnées ; la distance aux faces se compte depuis ce point.",
    ),
    Code.EXCLUSIONS_ELSEWHERE: (
        "Aucun périmètre interdit ne touche une zone de la campagne : le fichier n’interdit rien.",
        "Vérifiez que la couche est la bonne, son système de coordonnées et l’ordre des axes.",
    ),
    Code.UNKNOWN_PARENT: (
        "La zone parente « {value} » n’existe pas.{hint}",
        "Corrigez l’identifiant, ou videz la cellule si la zone n’a pas de parente.",
    ),
    Code.ZONE_CYCLE: (
        "Ces zones sont parentes l’une de l’autre, en rond : {cycle}.",
        "Corrigez la zone parente de l’une d’elles.",
    ),
    Code.LEVEL_ORDER: (
        "Les niveaux ne s’emboîtent pas dans un seul ordre : {detail}.",
        "Donnez à chaque zone un niveau plus fin que celui de sa zone parente.",
    ),
    Code.ZONE_OUTSIDE_PARENT: (
        "{share} de la surface de la zone « {zone} » dépasse de sa zone parente « {parent} ».",
        "Corrigez le contour ou la zone parente (au plus 1 % peut dépasser).",
    ),
    Code.ZONE_SLIGHTLY_OUTSIDE_PARENT: (
        "{share} de la surface de la zone « {zone} » dépasse de sa zone parente « {parent} ».",
        "Sans gravité ; des contours pris à la même source et simplifiés ensemble l’évitent.",
    ),
    Code.ZONES_OVERLAP: (
        (
            "Les zones « {first} » et « {second} », de même niveau, se recouvrent sur {share} de "
            "la plus petite."
        ),
        "Corrigez les contours : deux zones d’un niveau se touchent sans se recouvrir.",
    ),
    Code.ZONES_OVERLAP_SLIGHTLY: (
        (
            "Les zones « {first} » et « {second} », de même niveau, se recouvrent sur {share} de "
            "la plus petite."
        ),
        "Sans gravité : une face à cet endroit va à la zone dont l’identifiant vient en premier.",
    ),
    Code.ZONE_GAPS: (
        (
            "Entre les zones de niveau « {level} » il reste {count}, {area} en tout (le plus "
            "grand près de {middle}) : une face à cet endroit n’a pas de zone de ce niveau."
        ),
        "Des contours pris à la même source et simplifiés ensemble l’évitent.",
    ),
    Code.UNKNOWN_ZONE: (
        "La zone « {value} » n’existe pas.{hint}",
        "Corrigez l’identifiant, ou ajoutez la zone au fichier des zones.",
    ),
    Code.UNKNOWN_MAISON: (
        "La Maison « {value} » n’existe pas.{hint}",
        "Corrigez l’identifiant, ou ajoutez la Maison au fichier des Maisons.",
    ),
    Code.UNKNOWN_FACE: (
        "La face « {value} » n’est pas dans l’inventaire.{hint}",
        "Corrigez l’identifiant, ou supprimez la ligne.",
    ),
    Code.UNKNOWN_AGENT: (
        "L’agent « {value} » n’existe pas.{hint}",
        "Corrigez l’identifiant, ou videz la cellule pour garder la face libre.",
    ),
    Code.AGENT_WITHOUT_ZONES: (
        "L’agent « {agent} » n’a aucune zone : son portrait ne pourrait aller nulle part.",
        "Donnez-lui au moins une zone ; plusieurs se séparent par « | ».",
    ),
    Code.SHARED_PORTRAIT: (
        "Le portrait « {value} » est déjà celui de l’agent « {agent} » (ligne {first}).",
        "Donnez à chaque agent son propre portrait ; un portrait de groupe est un seul agent.",
    ),
    Code.MAISON_OUTSIDE_ITS_ZONE: (
        "La Maison « {maison} » n’est pas dans sa zone « {zone} ».",
        "Corrigez les coordonnées ou la zone.",
    ),
    Code.DUPLICATE_TRAVEL: (
        "Le trajet de « {origin} » à « {target} » est déjà à la ligne {first}.",
        "Gardez une seule ligne par trajet ; le retour est un autre trajet.",
    ),
    Code.TRAVEL_TO_ITSELF: (
        "Le trajet de « {origin} » à elle-même devrait durer 0 minute.",
        "Supprimez la ligne.",
    ),
    Code.ZERO_CONTACTS: (
        "La face n’a aucun contact : elle est écartée du plan.",
        "Donnez son nombre de contacts par vague si elle doit servir.",
    ),
    Code.LOW_PRECISION: (
        (
            "L’emplacement est connu moins bien que ne le veut matching.min_precision : la "
            "face est écartée du plan."
        ),
        "Donnez ses coordonnées, ou acceptez une précision moindre.",
    ),
    Code.NEVER_AVAILABLE: (
        "La face n’est disponible dans aucune vague : elle est écartée du plan.",
        "Corrigez ses vagues disponibles si elle doit servir.",
    ),
    Code.NO_USABLE_FACE: (
        "Aucune face de l’inventaire ne peut servir.",
        "Ajoutez des faces qui ont des contacts et sont disponibles dans une vague au moins.",
    ),
    Code.DUPLICATE_PANEL: (
        "Les panneaux « {first} » et « {second} » sont au même endroit.",
        "Vérifiez qu’il s’agit de deux panneaux ; sinon donnez-leur le même panel_id.",
    ),
    Code.PANEL_APART: (
        "Les faces du panneau « {panel} » sont à {far} l’une de l’autre.",
        "Corrigez les coordonnées de l’une d’elles, ou le panel_id.",
    ),
    Code.DUPLICATE_LOCK: (
        "La face « {face} » a déjà un verrou dans la vague {period} (ligne {first}).",
        "Gardez un seul verrou par face et par vague.",
    ),
    Code.LOCK_NOT_ELIGIBLE: (
        "L’agent « {agent} » ne travaille dans aucune zone où se trouve la face « {face} ».",
        "Choisissez une face d’une de ses zones, ou un autre agent.",
    ),
    Code.LOCK_UNAVAILABLE: (
        "La face « {face} » n’est pas à vendre dans la vague {period}.",
        "Changez la vague ou la face du verrou, ou les disponibilités de la face.",
    ),
    Code.LOCK_CLOSED_PERIOD: (
        "La face « {face} » est en zone « {zone} », où la vague {period} n’est pas ouverte.",
        "Changez la vague du verrou, ou [sequences].",
    ),
    Code.LOCK_EXCLUDED: (
        "La face « {face} » est dans un périmètre interdit ({reason}).",
        "Choisissez une autre face.",
    ),
    Code.LOCK_WITHOUT_CONSENT: (
        (
            "Le consentement de l’agent « {agent} » ne couvre pas l’affichage jusqu’au bout de la "
            "vague {period}."
        ),
        "Changez la vague du verrou, ou le consentement s’il a été étendu.",
    ),
    Code.LOCKS_TOO_CLOSE: (
        (
            "Les faces « {face} » et « {other} » (ligne {first}) sont à {far} l’une de l’autre, "
            "moins que matching.spacing_m, pour le même portrait dans la même vague."
        ),
        "Déplacez l’un des deux verrous, ou réduisez matching.spacing_m.",
    ),
    Code.LOCKS_TOO_LONG: (
        (
            "Les verrous laissent l’agent « {agent} » {count} vagues sur la face « {face} », plus "
            "que matching.max_periods_per_face ({most})."
        ),
        "Retirez un verrou, ou augmentez matching.max_periods_per_face.",
    ),
    Code.BAD_PORTRAIT: (
        "Ce n’est pas une image SVG, PNG, JPEG ou WebP.",
        "Remplacez le fichier par une vraie image.",
    ),
    Code.DUPLICATE_PORTRAIT_FILE: (
        "Le portrait « {portrait} » a déjà une image : {other}.",
        "Gardez une seule image par portrait.",
    ),
    Code.MISSING_PORTRAIT: (
        "Le portrait « {portrait} » n’a pas d’image dans le dossier portraits.",
        "Ajoutez l’image sous ce nom, en .svg, .png, .jpg ou .webp.",
    ),
    Code.UNUSED_PORTRAIT: (
        "L’image ne correspond au portrait d’aucun agent.",
        "Renommez-la comme le portrait_id de l’agent, ou retirez-la.",
    ),
}


_EXPECTED: dict[Code, str] = {
    Code.BAD_TYPE: "{expected}",
    Code.MISSING_KEY: "{expected}",
    Code.UNKNOWN_KEY: "{allowed}",
    Code.OUT_OF_RANGE: "{expected}",
    Code.DATES_REVERSED: "une date à partir du {start}",
    Code.UNKNOWN_CALENDAR: "un pays, comme FR, ou une subdivision, comme FR-57",
    Code.UNKNOWN_DEPOT: "l’identifiant d’une Maison",
    Code.PATH_OUTSIDE: "un chemin relatif, dans le dossier",
    Code.MISSING_FILE: "un fichier du dossier",
    Code.FILE_TOO_LARGE: "au plus {limit}",
    Code.UNSUPPORTED_FORMAT: "{accepted}",
    Code.WRONG_CONTENT: "un fichier {expected}",
    Code.NO_HEADING: "{expected}",
    Code.MISSING_COLUMN: "{names}",
    Code.DUPLICATE_HEADING: "une seule colonne {column}",
    Code.AMBIGUOUS_HEADING: "{columns}",
    Code.TOO_MANY_COLUMNS: "au plus {most} colonnes",
    Code.WRONG_CELL_COUNT: "{expected} cellules",
    Code.UNKNOWN_SHEET: "{sheets}",
    Code.SEVERAL_SHEETS: "{example}",
    Code.EMPTY_ID: "un identifiant",
    Code.BAD_ID: "100 caractères au plus, sans |",
    Code.DUPLICATE_ID: "un identifiant qui n’est pas ailleurs",
    Code.MISSING_VALUE: "une valeur",
    Code.UNREADABLE_NUMBER: "un nombre, comme 1 234,5",
    Code.AMBIGUOUS_NUMBER: "{large} ou {small}",
    Code.NOT_WHOLE_NUMBER: "un nombre entier",
    Code.NEGATIVE_NUMBER: "0 ou plus",
    Code.NEGATIVE_PRICE: "0 ou plus",
    Code.UNREADABLE_YES_NO: "oui ou non",
    Code.BAD_DATE: "une date, comme 17/10/2017",
    Code.BAD_OPENING: "des horaires, comme Mo-Fr 08:30-12:00",
    Code.BAD_PERIOD: "des numéros de vagues, comme 1|2|4",
    Code.PERIOD_OUT_OF_RANGE: "une vague de 1 à {count}",
    Code.SHARE_NOT_POSITIVE: "plus de 0",
    Code.UNKNOWN_MEDIUM: "affichage, exposition, presse, web ou tous",
    Code.UNKNOWN_CRS: "un code, comme EPSG:2154",
    Code.NOT_FINITE: "un nombre fini",
    Code.POINT_OUTSIDE_TERRITORY: "un point dans une zone de la campagne",
    Code.UNKNOWN_PARENT: "l’identifiant d’une zone, ou rien",
    Code.UNKNOWN_ZONE: "l’identifiant d’une zone",
    Code.UNKNOWN_MAISON: "l’identifiant d’une Maison",
    Code.UNKNOWN_FACE: "l’identifiant d’une face de l’inventaire",
    Code.UNKNOWN_AGENT: "l’identifiant d’un agent, ou rien",
    Code.AGENT_WITHOUT_ZONES: "au moins une zone",
    Code.SHARED_PORTRAIT: "un portrait qui n’est à personne d’autre",
    Code.SHORT_CODE: "{likely} ?",
    Code.BAD_PORTRAIT: "une image SVG, PNG, JPEG ou WebP",
}


def texts_for(code: Code, **fields: object) -> tuple[str, str, str]:
    """Return what is wrong, what to do, and what a value may be: the three functions below."""
    shown_fields = _shown(fields)
    said, do, wanted = (
        template.format_map(shown_fields) if "{" in template else template
        for template in _templates(code)
    )
    return said, do, wanted


def expected_for(code: Code, **fields: object) -> str:
    """Return in a few words what a value may be, or nothing where no value is at fault."""
    return typeset(_EXPECTED.get(code, "")).format(**_shown(fields))


def message_for(code: Code, **fields: object) -> str:
    """Return the sentence that says what is wrong."""
    return typeset(_TEXTS[code][0]).format(**_shown(fields))


def remedy_for(code: Code, **fields: object) -> str:
    """Return the sentence that says what to do."""
    return typeset(_TEXTS[code][1]).format(**_shown(fields))


@cache
def _templates(code: Code) -> tuple[str, str, str]:
    message, remedy = _TEXTS[code]
    return typeset(message), typeset(remedy), typeset(_EXPECTED.get(code, ""))


@cache
def typeset(text: str) -> str:
    """Return the text with the non-breaking spaces of French typography."""
    text = re.sub(r" (?=[:;?!»%€])", NO_BREAK, text)
    return re.sub(r"« ", f"«{NO_BREAK}", text)


def shown(value: str, longest: int = _LONGEST_VALUE) -> str:
    """Return a value from a file so that it can be shown: short, and without control characters."""
    if len(value) <= longest and value.isprintable():
        return value
    start = value[: longest + 1]
    clean = "".join(c if c.isprintable() or category(c) == "Zs" else "\ufffd" for c in start)
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def did_you_mean(suggestion: str | None) -> str:
    """Return a sentence that offers a correction, after a space, or nothing."""
    return typeset(" Vouliez-vous dire « {} » ?").format(suggestion) if suggestion else ""


def quoted(value: str) -> str:
    """Return a value between French quotation marks."""
    return f"«{NO_BREAK}{value}{NO_BREAK}»"


def place(lat: float, lng: float) -> str:
    """Return coordinates as e.g. ``45.18, 5.72``, northing first whatever the CRS."""
    return f"{lat:.10g}, {lng:.10g}"


def percent(share: float) -> str:
    """Return a share of 1 as e.g. ``1,3 %``."""
    digits = f"{share:.0%}" if share >= 0.1 else f"{share * 100:.2g}%"
    return digits.replace("%", f"{NO_BREAK}%").replace(".", ",")


def distance(metres: float) -> str:
    """Return e.g. ``0,4 m``, ``350 m`` or ``12,4 km``."""
    if metres < 10:
        return f"{metres:.1f}{NO_BREAK}m".replace(".", ",")
    if metres < 1000:
        return f"{metres:.0f}{NO_BREAK}m"
    return f"{metres / 1000:.1f}{NO_BREAK}km".replace(".", ",")


def _shown(fields: dict[str, object]) -> dict[str, str]:
    return {name: shown(str(value), _LONGEST_FIELD) for name, value in fields.items()}
