import { namedBase } from "../base-image.ts";
import { at, finalBase, fixOf, listOf } from "../helpers.ts";
import { defineRule } from "../rule.ts";

export default defineRule<"dockerfile">({
  id: "grab-bag-base",
  title: "The base image is a box of many tools",
  category: "base-image",
  needs: "dockerfile",
  severity: "warning",
  requirements: ["IMG-03", "BG-06"],
  why: "The Safe Haven asks for one container for one job. A base that brings everything for everybody is many gigabytes to transfer and to scan, and most of what a scan finds in it is never used.",
  fix: "Start from an image with the one language that the job needs, and install its few packages.",
  aliases: [],
  examples: {
    bad: [
      {
        title: "notebooks in three languages",
        dockerfile: 'FROM quay.io/jupyter/datascience-notebook:2025-01-06\nCMD ["python", "/opt/a.py"]\n',
        lines: [1],
      },
      {
        title: "through an ARG and a stage",
        dockerfile: `ARG BASE=gcr.io/kaggle-images/python:v150\nFROM \${BASE} AS base\nRUN true\nFROM base\nRUN true\n`,
        lines: [2],
      },
    ],
    good: [
      { title: "one language", dockerfile: "FROM quay.io/jupyter/scipy-notebook:2025-01-06\nRUN true\n" },
      {
        title: "in a builder stage",
        dockerfile: "FROM continuumio/anaconda3:2024.06-1 AS b\nRUN true\nFROM python:3.12-slim\nRUN true\n",
      },
      { title: "an image that nobody here knows", dockerfile: "FROM heartlab/everything:1\nRUN true\n" },
    ],
  },
  *check(facts) {
    const start = finalBase(facts);
    if (start === undefined) return;
    const { known, name } = namedBase(start.base);
    if (known?.kind !== "grab-bag") return;
    const brings = known.languages.length > 1 ? `${listOf(known.languages)}: ` : "";
    yield {
      message: `${name} is made for everything (${brings}${known.purpose}); this job needs a small part of it.`,
      fix: fixOf(
        "Start from an image made for the job.",
        `FROM ${known.leaner ?? known.example ?? "<image>"}`,
      ),
      ...at(facts.dockerfile, start.stage.from.range),
    };
  },
});
