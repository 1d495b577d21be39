/** The program in Julia that a new project starts with; it needs no package. */
export const table = `# Compares the two arms of a small trial.
#
# Reads every CSV file in /safe_data, writes summary.csv to /safe_outputs.

const DATA = "/safe_data"
const OUTPUT = get(ENV, "OUTPUT_DIR", "/safe_outputs")

average(numbers) = sum(numbers) / length(numbers)

"""
    read_people(folder)

The rows of every CSV file of a folder, each as a dictionary from column to text. For quoted fields take CSV.jl.
"""
function read_people(folder)
    files = sort(filter(endswith(".csv"), readdir(folder; join=true)))
    isempty(files) && error("There is no CSV file in $folder: mount the project's data there.")
    people = Dict{String,String}[]
    for file in files
        lines = readlines(file)
        columns = String.(split(lines[1], ','))
        for line in lines[2:end]
            push!(people, Dict(zip(columns, String.(split(line, ',')))))
        end
    end
    return people
end

function main()
    people = read_people(DATA)
    println("$(length(people)) people")
    open(joinpath(OUTPUT, "summary.csv"), "w") do file
        println(file, "arm,people,mean_age,mean_score")
        for arm in sort(unique(person["arm"] for person in people))
            group = filter(person -> person["arm"] == arm, people)
            age = round(average(parse(Float64, person["age"]) for person in group); digits=1)
            score = round(average(parse(Float64, person["score"]) for person in group); digits=2)
            println(file, "$arm,$(length(group)),$age,$score")
        end
    end
    println("results are in $OUTPUT")
end

main()
`;
