import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { file, type Member, pax } from "../test-archives.ts";
import { readLayers } from "../test-images.ts";
import { collectData, type DataFile, type DataInImage, dataIn } from "./data.ts";

async function dataOf(...layers: readonly (readonly Member[])[]): Promise<DataInImage> {
  const collector = collectData();
  return collector.data(await readLayers([collector], ...layers));
}

const short = ({ path, format, certain, layer, removedIn }: DataFile): string =>
  `${path} ${format}${certain ? "" : "?"} ${layer}${removedIn === undefined ? "" : `-${removedIn}`}`;

const at = (offset: number, text: string): Buffer =>
  Buffer.concat([Buffer.alloc(offset, 1), Buffer.from(text, "latin1")]);
const TABLE = `id,age,diagnosis\n${"1,70,I21\n".repeat(200)}`;
const GZIP = Buffer.from("1f8b0800000000000003", "hex");
const ZIP = Buffer.from("504b030414000000", "hex");
const LARGE = Buffer.concat([Buffer.from("894844460d0a1a0a", "hex"), Buffer.alloc(200_000)]);

describe("data files", () => {
  it.each([
    ["a.csv", TABLE, "CSV"],
    ["a.tsv", TABLE.replaceAll(",", "\t"), "CSV"],
    ["a.csv.gz", GZIP, "CSV, compressed"],
    ["a.parquet", "PAR1....", "Parquet"],
    ["part-0000", "PAR1....", "Parquet"],
    ["a.feather", "ARROW1..", "Feather or Arrow"],
    ["a.orc", "ORC....", "ORC"],
    ["a.avro", "Obj\x01....", "Avro"],
    ["a.dcm", at(128, "DICM"), "DICOM"],
    ["IM000001", at(128, "DICM"), "DICOM"],
    ["a.nii", at(344, "n+1\0"), "NIfTI"],
    ["a.nii.gz", GZIP, "NIfTI, compressed"],
    [
      "a.sas7bdat",
      Buffer.concat([Buffer.alloc(12), Buffer.from("c2ea8160b31411cfbd92080009c7318c181f1011", "hex")]),
      "SAS",
    ],
    ["a.xpt", "HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!", "SAS transport"],
    ["a.dta", "<stata_dta><header>", "Stata"],
    ["a.dta", Buffer.from("7202010000000000", "hex"), "Stata"],
    ["a.sav", "$FL2@(#) SPSS DATA FILE", "SPSS"],
    ["a.rds", GZIP, "R data"],
    ["a.RData", "RDX3\nX\n", "R data"],
    ["a.sqlite", "SQLite format 3\0", "SQLite"],
    ["a.xlsx", ZIP, "Excel"],
    ["a.xls", Buffer.from("d0cf11e0a1b11ae1", "hex"), "Excel"],
    ["a.duckdb", at(8, "DUCK"), "DuckDB"],
    ["a.vcf", "##fileformat=VCFv4.2\n", "VCF"],
    ["a.bam", GZIP, "BAM"],
    ["small.csv", "id,age\n1,70\n", "CSV?"],
    ["a.h5", LARGE, "HDF5?"],
    ["a.mat", LARGE, "MATLAB?"],
  ])("%s with such a beginning is told", async (name, content, format) => {
    const { files } = await dataOf([file(`opt/app/records/${name}`, content)]);
    expect(files.map(short)).toEqual([`/opt/app/records/${name} ${format} 0`]);
  });

  it.each([
    ["opt/app/a.csv", "a list of names\nwith one to a line\n"],
    ["opt/app/a.parquet", "no such file"],
    ["opt/app/a.py", TABLE],
    ["opt/app/tests/cases.csv", TABLE],
    ["opt/app/model/weights.h5", LARGE],
    ["opt/app/small.pkl", Buffer.from("80", "hex")],
    ["opt/app/empty.csv", ""],
    ["usr/share/x/countries.csv", TABLE],
    ["usr/local/lib/python3.12/site-packages/sklearn/datasets/data/iris.csv", TABLE],
    ["usr/local/lib/R/site-library/MASS/data/Rdata.rds", GZIP],
    ["usr/local/lib/R/library/datasets/data/Rdata.rdb", GZIP],
    ["opt/conda/lib/python3.12/site-packages/x/a.csv", TABLE],
    ["opt/conda/share/x/a.csv", TABLE],
    ["opt/app/node_modules/x/a.csv", TABLE],
    ["root/.cache/huggingface/hub/models--a--b/blobs/a.csv", TABLE],
    ["opt/nltk_data/corpora/x/a.csv", TABLE],
    ["var/lib/rpm/rpmdb.sqlite", "SQLite format 3\0"],
  ])("%s is none", async (path, content) => {
    expect((await dataOf([file(path, content)])).files.map(short)).toEqual([]);
  });

  it("are told where a later layer deletes them, and where many pictures lie in one folder", async () => {
    const pictures = Array.from({ length: 120 }, (_, index) => file(`opt/scans/${index}.png`, "x"));
    const { files } = await dataOf(
      [file("opt/a.csv", TABLE), ...pictures, file("opt/logo.png", "x")],
      [file("opt/.wh.a.csv"), file("opt/.wh.scans")],
    );
    expect(files.map(short)).toEqual(["/opt/a.csv CSV 0-1", "/opt/scans 120 pictures or recordings? 0-1"]);
  });

  it("are not looked for where no program could open the file, and that is said", async () => {
    const path = `opt/${"folder/".repeat(700)}a.csv`;
    const { files, notAssessed } = await dataOf([pax({ path }), file("opt/a.csv", TABLE)]);
    expect(files).toEqual([]);
    expect(notAssessed).toEqual(["files with paths of more than 4096 letters"]);
  });

  it("are nothing that a name and a beginning could break", () => {
    const head = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes));
    const ending = fc.constantFrom(
      "",
      ".csv",
      ".nii",
      ".dcm",
      ".dta",
      ".rds",
      ".mat",
      ".tar",
      ".xlsx",
      ".h5",
    );
    fc.assert(
      fc.property(fc.string({ maxLength: 30 }), ending, fc.nat(), head, (name, end, size, bytes) => {
        const found = dataIn(`/opt/${name}${end}`, `${name}${end}`, size, bytes);
        expect(found === undefined || found.bytes === size).toBe(true);
      }),
    );
  });
});
