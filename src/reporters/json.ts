import type { Report } from "../evidence/report.ts";
import { jsonText } from "./json-text.ts";

/** The report as one JSON document: keys in the order of the schema, two spaces, a newline at the end. */
export const renderJson = (report: Report): string => jsonText(report);
