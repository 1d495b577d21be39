/** The program in Octave that a new project starts with; it needs no package. */
export const table = String.raw`% Compares the two arms of a small trial.
%
% Reads every CSV file in /safe_data, writes summary.csv to /safe_outputs.
1;

data_dir = "/safe_data";
output_dir = getenv ("OUTPUT_DIR");
if (isempty (output_dir))
  output_dir = "/safe_outputs";
end

files = dir (fullfile (data_dir, "*.csv"));
if (isempty (files))
  error ("There is no CSV file in %s: mount the project's data there.", data_dir);
end

arm = {};
age = [];
score = [];
for k = 1:numel (files)
  file = fopen (fullfile (data_dir, files(k).name), "r");
  columns = strsplit (strtrim (fgetl (file)), ",");
  row = fgetl (file);
  while (ischar (row))
    fields = strsplit (strtrim (row), ",");
    arm{end+1} = fields{strcmp (columns, "arm")};
    age(end+1) = str2double (fields{strcmp (columns, "age")});
    score(end+1) = str2double (fields{strcmp (columns, "score")});
    row = fgetl (file);
  end
  fclose (file);
end
printf ("%d people\n", numel (arm));

result = fopen (fullfile (output_dir, "summary.csv"), "w");
fprintf (result, "arm,people,mean_age,mean_score\n");
arms = unique (arm);
for k = 1:numel (arms)
  group = strcmp (arm, arms{k});
  fprintf (result, "%s,%d,%.1f,%.2f\n", arms{k}, sum (group), mean (age(group)), mean (score(group)));
end
fclose (result);
printf ("results are in %s\n", output_dir);
`;
