/** Formats that hold records of people or measurements: how their files are called, and how they begin. */
export interface DataFormat {
  readonly name: string;
  /** Of the file's name. A format without one is known by its beginning alone. */
  readonly ending: RegExp;
  /** Whether these are the first bytes of such a file. Where it is given, a name alone is not believed. */
  readonly begins?: (head: Buffer) => boolean;
  /** Set where the beginning is telling enough that any name will do. */
  readonly telling?: true;
  /** Set for what is a model, an index or a setting as often as data: told as something to look at. */
  readonly maybe?: true;
}

const text =
  (word: string, at = 0) =>
  (head: Buffer): boolean =>
    head.toString("latin1", at, at + word.length) === word;
const bytes =
  (hex: string, at = 0) =>
  (head: Buffer): boolean =>
    head.subarray(at, at + hex.length / 2).equals(Buffer.from(hex, "hex"));
const any =
  (...tests: readonly ((head: Buffer) => boolean)[]) =>
  (head: Buffer): boolean =>
    tests.some((test) => test(head));

const GZIP = bytes("1f8b");
const ZIP = bytes("504b0304");
const OLE = bytes("d0cf11e0a1b11ae1");
const COMPRESSED = any(GZIP, bytes("425a68"), bytes("fd377a585a00"), bytes("28b52ffd"), ZIP);

export const DATA_FORMATS: readonly DataFormat[] = [
  { name: "CSV", ending: /\.(?:csv|tsv)$/i, begins: isTable },
  { name: "CSV, compressed", ending: /\.(?:csv|tsv)\.(?:gz|bz2|xz|zst|zip)$/i, begins: COMPRESSED },
  { name: "Parquet", ending: /\.(?:parquet|parq|pq)$/i, begins: text("PAR1"), telling: true },
  {
    name: "Feather or Arrow",
    ending: /\.(?:feather|arrow|ipc)$/i,
    begins: any(text("ARROW1"), text("FEA1")),
    telling: true,
  },
  { name: "ORC", ending: /\.orc$/i, begins: text("ORC") },
  { name: "Avro", ending: /\.avro$/i, begins: text("Obj\x01"), telling: true },
  { name: "DICOM", ending: /\.(?:dcm|dicom|ima)$/i, begins: text("DICM", 128), telling: true },
  {
    name: "NIfTI",
    ending: /\.(?:nii|hdr)$/i,
    begins: any(text("n+1\0", 344), text("ni1\0", 344), text("n+2\0", 4)),
    telling: true,
  },
  { name: "NIfTI, compressed", ending: /\.nii\.gz$/i, begins: GZIP },
  {
    name: "SAS",
    ending: /\.sas7bdat$/i,
    begins: bytes("c2ea8160b31411cfbd92080009c7318c181f1011", 12),
    telling: true,
  },
  {
    name: "SAS transport",
    ending: /\.(?:xpt|v5xpt|v8xpt)$/i,
    begins: text("HEADER RECORD*******LIB"),
    telling: true,
  },
  { name: "Stata", ending: /\.dta$/i, begins: any(text("<stata_dta>"), isOldStata) },
  { name: "SPSS", ending: /\.z?sav$/i, begins: any(text("$FL2"), text("$FL3")), telling: true },
  { name: "SPSS portable", ending: /\.por$/i, begins: (head) => head.includes("SPSS PORT FILE") },
  {
    name: "R data",
    ending: /\.(?:rds|rda|rdata)$/i,
    begins: any(COMPRESSED, text("RDX"), text("RDA"), text("X\n"), text("A\n")),
  },
  { name: "Excel", ending: /\.(?:xlsx|xlsb|xlsm)$/i, begins: ZIP },
  { name: "Excel", ending: /\.xls$/i, begins: OLE },
  { name: "OpenDocument table", ending: /\.ods$/i, begins: ZIP },
  {
    name: "Access",
    ending: /\.(?:mdb|accdb)$/i,
    begins: any(text("Standard Jet DB", 4), text("Standard ACE DB", 4)),
    telling: true,
  },
  { name: "SQLite", ending: /\.(?:sqlite3?|db3?|gpkg)$/i, begins: text("SQLite format 3\0") },
  { name: "DuckDB", ending: /\.(?:duckdb|ddb)$/i, begins: text("DUCK", 8), telling: true },
  { name: "EDF", ending: /\.(?:edf|bdf)$/i, begins: any(text("0       "), text("\xffBIOSEMI")) },
  { name: "BAM", ending: /\.bam$/i, begins: GZIP },
  { name: "CRAM", ending: /\.cram$/i, begins: text("CRAM"), telling: true },
  { name: "VCF", ending: /\.vcf$/i, begins: text("##fileformat=VCF"), telling: true },
  { name: "VCF, compressed", ending: /\.vcf\.gz$/i, begins: GZIP },
  { name: "FASTQ", ending: /\.f(?:ast)?q(?:\.gz)?$/i, begins: any(GZIP, text("@")) },
  { name: "PLINK", ending: /\.bed$/i, begins: bytes("6c1b"), telling: true },
  { name: "MGH image", ending: /\.mgz$/i, begins: GZIP },
  { name: "JSON lines", ending: /\.(?:jsonl|ndjson)(?:\.gz)?$/i, begins: any(GZIP, text("{")), maybe: true },
  {
    name: "HDF5",
    ending: /\.(?:h5|hdf5?|he5|nc4?|h5ad|loom)$/i,
    begins: any(bytes("894844460d0a1a0a"), text("CDF")),
    maybe: true,
  },
  {
    name: "MATLAB",
    ending: /\.mat$/i,
    begins: any(text("MATLAB 5.0 MAT-file"), bytes("894844460d0a1a0a", 512), bytes("894844460d0a1a0a")),
    maybe: true,
  },
  { name: "NumPy", ending: /\.np[yz]$/i, begins: any(bytes("934e554d5059"), ZIP), maybe: true },
  {
    name: "pickle",
    ending: /\.(?:pkl|pickle|joblib)(?:\.gz)?$/i,
    begins: any(GZIP, bytes("80")),
    maybe: true,
  },
];

/** How much of a file has to be seen. */
export const DATA_HEAD = 4096;

/** Several lines with the same number of columns; a list of names, one to a line, is no table. */
function isTable(head: Buffer): boolean {
  if (head.indexOf(0) >= 0) return isWideTable(head);
  const lines = head
    .toString("latin1")
    .split(/\r?\n/)
    .filter((line) => line !== "");
  // The last one may be cut.
  const whole = head.length < DATA_HEAD ? lines : lines.slice(0, -1);
  const [first = "", second = ""] = whole;
  const separator = [",", "\t", ";", "|"].find((one) => first.includes(one));
  return separator !== undefined && second.includes(separator);
}

/** UTF-16, as Excel writes it. */
const isWideTable = (head: Buffer): boolean => head[0] === 0xff && head[1] === 0xfe;

/** Releases 8 to 12 begin with their number, the order of bytes, and a 1. */
function isOldStata(head: Buffer): boolean {
  const [release = 0, order = 0, type = 0, zero = 1] = head;
  return release >= 0x69 && release <= 0x73 && (order === 1 || order === 2) && type === 1 && zero === 0;
}

/** Names that say what may well be data in a format that says nothing, where the file is large. */
export const LARGE_MAYBE = /\.(?:dat|data|dump|json|sql|tar|tar\.\w+|tgz|txt|xml|zip|7z)$/i;
export const LARGE = 10_000_000;
/** Pictures and recordings, of which many in one folder are a data set. */
export const PICTURE = /\.(?:bmp|gif|jpe?g|png|tiff?|webp|svs|ndpi|czi|wav|flac|mp4|avi)$/i;
export const MANY_PICTURES = 100;
