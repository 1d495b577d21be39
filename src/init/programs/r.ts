/** The program in R that a new project starts with; it needs no package. */
export const table = String.raw`# Compares the two arms of a small trial.
#
# Reads every CSV file in /safe_data, writes summary.csv to /safe_outputs.

data_dir <- "/safe_data"
output_dir <- Sys.getenv("OUTPUT_DIR", "/safe_outputs")

files <- sort(list.files(data_dir, pattern = "[.]csv$", full.names = TRUE))
if (length(files) == 0) stop("There is no CSV file in ", data_dir, ": mount the project's data there.")
people <- do.call(rbind, lapply(files, read.csv))
cat(nrow(people), "people\n")

by_arm <- split(people, people$arm)
summary_table <- data.frame(
  arm = names(by_arm),
  people = vapply(by_arm, nrow, integer(1)),
  mean_age = round(vapply(by_arm, function(group) mean(group$age), numeric(1)), 1),
  mean_score = round(vapply(by_arm, function(group) mean(group$score), numeric(1)), 2)
)
write.csv(summary_table, file.path(output_dir, "summary.csv"), row.names = FALSE)
cat("results are in", output_dir, "\n")
`;
