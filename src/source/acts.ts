import type { CallLanguage } from "../knowledge/library.ts";
import type { Act } from "./facts.ts";
import { PatternIndex } from "./patterns.ts";

/** A call that asks, shows or writes. */
export interface ActSpec {
  readonly kind: Act["kind"];
  /** Where the path stands among the arguments, `receiver` for methods of a path; writes only. */
  readonly path?: string;
  /** Counts only where one of these is imported. */
  readonly imports?: readonly string[];
}

type Line = readonly [names: string, conditions?: Readonly<Record<string, string>>];

const WRITING = "/^[rbtU]*[wax+][rwabxt+-]*$/";

/** Calls that wait for somebody at a keyboard. */
const PROMPTS: Readonly<Record<CallLanguage, readonly Line[]>> = {
  python: [
    ["input builtins.input raw_input breakpoint getpass.getpass"],
    ["click.prompt click.confirm click.pause click.getchar typer.prompt typer.confirm"],
    ["rich.prompt.*.ask rich.**.Console.input questionary.* inquirer.prompt prompt_toolkit.**.prompt"],
    ["pdb.set_trace ipdb.set_trace IPython.embed code.interact pwinput.pwinput maskpass.askpass"],
  ],
  R: [
    ["base::readline utils::menu utils::askYesNo utils::select.list base::browser"],
    ["base::readLines base::file base::scan", { "0|con|file|description": "/^stdin(?:\\(\\))?$/" }],
    [
      "rstudioapi::askForPassword rstudioapi::showPrompt rstudioapi::showQuestion getPass::getPass askpass::askpass",
    ],
  ],
  julia: [
    ["readline readlines", { "0": "absent" }],
    ["readline readlines", { "0": "/^stdin$/" }],
    ["Base.prompt Base.getpass REPL.TerminalMenus.request TerminalMenus.request"],
  ],
};

/** Calls that serve a page or open a browser. */
const INTERFACES: Readonly<
  Record<CallLanguage, readonly (readonly [...Line, imports?: readonly string[]])[]>
> = {
  python: [
    ["webbrowser.open webbrowser.open_new webbrowser.open_new_tab webbrowser.**.open"],
    [
      "flask.Flask.run quart.Quart.run bottle.run uvicorn.run hypercorn.run waitress.serve aiohttp.web.run_app",
    ],
    [
      "dash.Dash.run dash.Dash.run_server dash.**.run_server nicegui.ui.run panel.serve bokeh.server.**.Server",
    ],
    ["gradio.**.launch tornado.**.listen http.server.HTTPServer http.server.ThreadingHTTPServer"],
    [
      "socketserver.TCPServer wsgiref.simple_server.make_server streamlit.web.bootstrap.run tensorboard.program.TensorBoard",
    ],
    ["?.**.launch", {}, ["gradio"]],
    ["?.run_server", {}, ["dash"]],
    ["?.run", {}, ["flask"]],
  ],
  R: [
    ["shiny::runApp shiny::shinyApp shiny::runExample shiny::runGadget shiny::runGitHub utils::browseURL"],
    ["plumber::pr_run httpuv::runServer httpuv::startServer servr::httd rstudioapi::viewer"],
  ],
  julia: [
    ["HTTP.serve HTTP.serve! HTTP.listen Genie.up Oxygen.serve Dash.run_server Pluto.run IJulia.notebook"],
    ["IJulia.jupyterlab DefaultApplication.open WGLMakie.**.Server Bonito.Server"],
  ],
};

/** Calls that open a window. */
const WINDOWS: Readonly<Record<CallLanguage, readonly Line[]>> = {
  python: [
    ["matplotlib.pyplot.show matplotlib.**.Figure.show plotly.**.show cv2.imshow cv2.waitKey PIL.**.show"],
    [
      "tkinter.Tk PyQt5.**.QApplication PyQt6.**.QApplication PySide6.**.QApplication pygame.display.set_mode turtle.*",
    ],
    ["matplotlib.pyplot.subplots.show open3d.visualization.draw_geometries"],
  ],
  R: [["utils::View grDevices::x11 grDevices::X11 grDevices::windows grDevices::quartz rgl::open3d"]],
  julia: [["GLMakie.activate!"]],
};

/** Calls that write, by where the path stands. */
const WRITES: Readonly<Record<CallLanguage, readonly (readonly [path: string, ...Line])[]>> = {
  python: [
    ["0|file", "open io.open codecs.open gzip.open bz2.open lzma.open", { "1|mode": WRITING }],
    ["receiver", "pathlib.**.open ?.open", { "0|mode": WRITING }],
    ["receiver", "pathlib.**.write_text pathlib.**.write_bytes ?.write_text ?.write_bytes"],
    ["receiver", "pathlib.**.mkdir pathlib.**.touch ?.mkdir ?.touch"],
    [
      "0|path_or_buf|path|buf|excel_writer|fname|file|filename|path_or_buffer|store",
      "**.to_csv **.to_parquet **.to_excel **.to_json **.to_pickle **.to_feather **.to_hdf **.to_stata **.to_html **.to_latex **.to_markdown **.to_netcdf **.to_zarr **.to_file **.write_csv **.write_parquet **.write_json **.savefig **.write_html **.write_image **.write_h5ad",
    ],
    ["0|file|fname", "numpy.save numpy.savez numpy.savez_compressed numpy.savetxt"],
    [
      "1|f|filename|filename_or_obj",
      "torch.save joblib.dump nibabel.save SimpleITK.WriteImage safetensors.**.save_file",
    ],
    [
      "0|save_directory|fname|filepath|path|file_name|fp|filename",
      "**.save_pretrained **.save_model **.save_weights **.save **.to_disk cv2.imwrite imageio.**.imwrite skimage.io.imsave scipy.io.savemat soundfile.write",
    ],
    ["1|dst", "shutil.copy shutil.copy2 shutil.copyfile shutil.copytree shutil.move os.rename os.replace"],
    [
      "0|name|path|filename|database",
      "os.makedirs os.mkdir logging.FileHandler logging.handlers.* sqlite3.connect",
    ],
    ["filename", "logging.basicConfig"],
    ["0|name", "h5py.File", { "1|mode": WRITING }],
  ],
  R: [
    [
      "1|file|path|sink",
      "utils::write.csv utils::write.csv2 utils::write.table base::saveRDS base::dput data.table::fwrite",
    ],
    [
      "1|file|path|sink",
      "readr::write_* haven::write_* arrow::write_* writexl::write_xlsx openxlsx::write.xlsx openxlsx::saveWorkbook qs::qsave sf::st_write",
    ],
    ["1|con", "base::writeLines"],
    ["file", "base::save base::cat"],
    ["0|file|path", "base::save.image base::sink base::dir.create base::file.create"],
    ["1|to", "base::file.copy base::file.rename"],
    [
      "0|filename|file",
      "ggplot2::ggsave grDevices::pdf grDevices::png grDevices::jpeg grDevices::tiff grDevices::svg grDevices::bmp grDevices::cairo_pdf",
    ],
    ["output_file|output_dir", "rmarkdown::render"],
  ],
  julia: [
    ["0", "open", { "1": WRITING }],
    [
      "0",
      "write touch mkdir mkpath serialize jldsave save wsave CSV.write JLD2.save JLD2.jldsave FileIO.save DelimitedFiles.writedlm writedlm Arrow.write Serialization.serialize",
    ],
    ["0", "savefig Plots.savefig CairoMakie.save"],
    ["1", "Plots.savefig savefig cp mv"],
  ],
};

const made = new Map<CallLanguage, PatternIndex<ActSpec>>();

export function actsOf(language: CallLanguage): PatternIndex<ActSpec> {
  const known = made.get(language);
  if (known !== undefined) return known;
  const index = new PatternIndex<ActSpec>();
  const add = (spec: ActSpec, names: string, conditions: Readonly<Record<string, string>> = {}): void => {
    for (const name of names.split(" ")) index.add(spec, { name, with: conditions });
  };
  for (const [names, conditions] of PROMPTS[language]) add({ kind: "prompt" }, names, conditions);
  for (const [names, conditions, imports] of INTERFACES[language])
    add(imports === undefined ? { kind: "interface" } : { kind: "interface", imports }, names, conditions);
  for (const [names, conditions] of WINDOWS[language]) add({ kind: "window" }, names, conditions);
  for (const [path, names, conditions] of WRITES[language]) add({ kind: "write", path }, names, conditions);
  made.set(language, index);
  return index;
}
