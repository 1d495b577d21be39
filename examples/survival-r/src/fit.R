# Compares survival between the two arms of a trial: a Cox regression, survival at one year, and a plot.
library(survival)

data_dir <- "/safe_data"
output_dir <- "/safe_outputs"

file <- file.path(data_dir, "trial.csv")
if (!file.exists(file)) stop("There is no trial.csv in ", data_dir, ": mount the project's data there.")
trial <- read.csv(file)
trial$arm <- factor(trial$arm, levels = c("control", "treatment"))
cat(nrow(trial), "people,", sum(trial$died), "deaths\n")

cox <- coxph(Surv(days, died) ~ arm + age, data = trial)
estimate <- summary(cox)
hazards <- data.frame(
  term = rownames(estimate$conf.int),
  hazard_ratio = round(estimate$conf.int[, "exp(coef)"], 3),
  lower_95 = round(estimate$conf.int[, "lower .95"], 3),
  upper_95 = round(estimate$conf.int[, "upper .95"], 3),
  p = signif(estimate$coefficients[, "Pr(>|z|)"], 3)
)
write.csv(hazards, file.path(output_dir, "hazard-ratios.csv"), row.names = FALSE)

curves <- survfit(Surv(days, died) ~ arm, data = trial)
year <- summary(curves, times = 365)
one_year <- data.frame(arm = sub("^arm=", "", year$strata), survival = round(year$surv, 3))
write.csv(one_year, file.path(output_dir, "one-year-survival.csv"), row.names = FALSE)

pdf(file.path(output_dir, "survival.pdf"), width = 6, height = 4)
plot(curves, lty = 1:2, xlab = "Days", ylab = "Alive")
legend("bottomleft", levels(trial$arm), lty = 1:2, bty = "n")
invisible(dev.off())

print(hazards)
cat("results are in", output_dir, "\n")
