import type { SpaceBox } from "../../evidence/report.ts";

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedBox extends Area {
  readonly box: SpaceBox;
  /** True for what is too small in a folder for boxes of their own: the box's path is that of the folder. */
  readonly rest: boolean;
}

/** The boxes that are not divided, with their places: as near to squares as can be, boxes of one folder side by side. */
export function placeBoxes(box: SpaceBox, area: Area): PlacedBox[] {
  const parts = box.parts.filter(({ bytes }) => bytes > 0);
  if (parts.length === 0) return [{ ...area, box, rest: false }];
  const sum = (of: (part: SpaceBox) => number): number => parts.reduce((total, one) => total + of(one), 0);
  const rest = box.bytes - sum(({ bytes }) => bytes);
  const fromBase = box.fromBase === null ? null : box.fromBase - sum((one) => one.fromBase ?? 0);
  // What is too small for a box of its own still takes its room.
  const small: SpaceBox = { path: box.path, bytes: rest, fromBase, parts: [] };
  const others = rest > box.bytes / 200 ? [small] : [];
  const scale = (area.width * area.height) / [...parts, ...others].reduce((sum, one) => sum + one.bytes, 0);
  const placed: Placed[] = [];
  let left = area;
  let row: SpaceBox[] = [];
  const shortest = (): number => Math.min(left.width, left.height);
  for (const part of [...parts, ...others]) {
    if (row.length > 0 && worst([...row, part], shortest(), scale) > worst(row, shortest(), scale)) {
      left = layRow(row, left, scale, placed);
      row = [];
    }
    row.push(part);
  }
  if (row.length > 0) layRow(row, left, scale, placed);
  return placed.flatMap(({ box: inner, ...place }) =>
    inner === small ? [{ ...place, box: small, rest: true }] : placeBoxes(inner, place),
  );
}

type Placed = Omit<PlacedBox, "rest">;

/** How far the least square box of a row is from a square. */
function worst(row: readonly SpaceBox[], side: number, scale: number): number {
  const sum = row.reduce((total, { bytes }) => total + bytes, 0) * scale;
  const thickness = sum / Math.max(side, 1e-9);
  return Math.max(
    ...row.map(({ bytes }) => {
      const length = (bytes * scale) / Math.max(thickness, 1e-9);
      return Math.max(length / thickness, thickness / length);
    }),
  );
}

/** Lays a row along the shorter side, and says what is left. */
function layRow(row: readonly SpaceBox[], area: Area, scale: number, placed: Placed[]): Area {
  const sum = row.reduce((total, { bytes }) => total + bytes, 0) * scale;
  const upright = area.height <= area.width;
  const thickness = Math.min(
    sum / Math.max(upright ? area.height : area.width, 1e-9),
    upright ? area.width : area.height,
  );
  let at = upright ? area.y : area.x;
  for (const box of row) {
    const length = (box.bytes * scale) / Math.max(thickness, 1e-9);
    placed.push(
      upright
        ? { box, x: area.x, y: at, width: thickness, height: length }
        : { box, x: at, y: area.y, width: length, height: thickness },
    );
    at += length;
  }
  return upright
    ? { ...area, x: area.x + thickness, width: area.width - thickness }
    : { ...area, y: area.y + thickness, height: area.height - thickness };
}
