package automation

import (
	"encoding/csv"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/cmdutil"
	"github.com/spf13/pflag"

	"github.com/trunkline-dev/trunkline/internal/engine"
)

// variables are the CLI's environment variables, without "PULUMI_", and what
// becomes of one in the environment of a call. Those that are not listed go to
// plugins and the program and mean nothing here.
var variables = map[string]variable{
	"PARALLEL": perCall, "PARALLEL_DIFF": perCall, "EXPERIMENTAL": perCall, "CONTINUE_ON_ERROR": perCall,
	"RUN_PROGRAM": perCall, "SKIP_CONFIRMATIONS": perCall, "BACKEND_URL": perCall, "STACK": perCall,
	"ENABLE_LEGACY_DIFF": perCall, "ENABLE_LEGACY_REFRESH_DIFF": perCall, "DISABLE_PROVIDER_PREVIEW": perCall,
	"DISABLE_RESOURCE_REFERENCES": perCall, "DISABLE_OUTPUT_VALUES": perCall, "DEBUG_PROVIDERS": perCall,
	"CONFIG_PASSPHRASE": perCall, "CONFIG_PASSPHRASE_FILE": perCall,

	"DEBUG_GRPC": ofProcess, "PARALLEL_ANALYZE": ofProcess, "IGNORE_AMBIENT_PLUGINS": ofProcess,
	"DEBUG_LANGUAGES": ofProcess, "LEGACY_PROVIDER_PREVIEW": ofProcess, "DISABLE_REFRESH_BEFORE_UPDATE": ofProcess,
	"CLOUD_SECRET_OVERRIDE": ofProcess, "ENABLE_LEGACY_PLUGIN_SEARCH": ofProcess, "DISABLE_VALIDATION": ofProcess,
	"DISABLE_SECRET_CACHE": ofProcess,

	// There is no service, no account, no update check and no log file.
	"API": moot, "ACCESS_TOKEN": moot, "SKIP_UPDATE_CHECK": moot, "AUTOMATION_API_SKIP_VERSION_CHECK": moot,
	"LOG_ROTATION_MAX_AGE_DAYS": moot, "LOG_ROTATION_MAX_TOTAL_MB": moot, "SUPPRESS_NEO_LINK": moot, "NEO": moot,
	"NEO_SUMMARY_MODEL": moot, "NEO_SUMMARY_MAXLEN": moot, "AI_SERVICE_ENDPOINT": moot, "DEBUG_COMMANDS": moot, "DEV": moot,
	// Every step is durable, and steps are always journalled and grouped.
	"SKIP_CHECKPOINTS": moot, "DISABLE_JOURNALING": moot, "JOURNALING_BATCH_SIZE": moot, "JOURNALING_BATCH_PERIOD": moot,
	// The layout of Pulumi's own file stores.
	"DIY_BACKEND_NO_LEGACY_WARNING": moot, "DIY_BACKEND_IGNORE_DEPRECATION_WARNING": moot, "DIY_BACKEND_LEGACY_LAYOUT": moot,
	"DIY_BACKEND_GZIP": moot, "DIY_BACKEND_ZSTD": moot, "DIY_BACKEND_RETAIN_CHECKPOINTS": moot,
	"DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": moot, "DIY_BACKEND_PARALLEL": moot,
	// Nothing is downloaded, and no project, policy or package is made from a template.
	"DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": moot, "PLUGIN_DOWNLOAD_URL_OVERRIDES": moot, "DISABLE_REGISTRY_RESOLVE": moot,
	"TEMPLATE_PATH": moot, "POLICY_TEMPLATE_PATH": moot, "PACKAGE_TEMPLATE_PATH": moot, "TEMPLATE_GIT_REPOSITORY": moot,
	"TEMPLATE_BRANCH": moot, "POLICY_TEMPLATE_GIT_REPOSITORY": moot, "POLICY_TEMPLATE_BRANCH": moot,
	"PACKAGE_TEMPLATE_GIT_REPOSITORY": moot, "PACKAGE_TEMPLATE_BRANCH": moot, "GITSSH_PASSPHRASE": moot,
	// They are always on here: a panic ends its operation only, and a stack
	// without settings opens its secrets as its state says.
	"GOROUTINE_PANIC_RECOVERY": moot, "FALLBACK_TO_STATE_SECRETS_MANAGER": moot,
	// For `preview --json`, which is not served, and for programs.
	"ENABLE_STREAMING_JSON_PREVIEW": moot, "ERROR_OUTPUT_STRING": moot, "ERROR_ON_DEPENDENCY_CYCLES": moot,
	// Providers are looked for in the home of the call, language plugins and policy
	// packs in that of the process. Nothing else is in it.
	"HOME": moot,
}

// variable is what becomes of an environment variable of a call.
type variable int

const (
	moot variable = iota
	// perCall: the call that sets it, and no other, does what it says.
	perCall
	// ofProcess: Pulumi's packages read it from the process's environment, in
	// which one call may change nothing for others. A call that wants something
	// else than the process has is refused.
	ofProcess
)

// checkSwitches refuses what one call cannot have for itself.
func (s *session) checkSwitches() error {
	for name, v := range variables {
		if v != ofProcess {
			continue
		}
		name = "PULUMI_" + name
		want, set := s.env[name]
		if have := os.Getenv(name); set && want != have {
			return usage("%s=%q cannot be set for one call in this process: set it in the environment of the process", name, want)
		}
	}
	return nil
}

// switches are the options of the engine in the call's environment.
func (s *session) switches() engine.Switches {
	on := func(name string) bool { return truthy(s.env["PULUMI_"+name]) }
	return engine.Switches{
		ParallelDiff: on("PARALLEL_DIFF"), Experimental: on("EXPERIMENTAL"),
		LegacyDiff: on("ENABLE_LEGACY_DIFF"), LegacyRefreshDiff: on("ENABLE_LEGACY_REFRESH_DIFF"),
		NoProviderPreview: on("DISABLE_PROVIDER_PREVIEW"), NoResourceReferences: on("DISABLE_RESOURCE_REFERENCES"),
		NoOutputValues: on("DISABLE_OUTPUT_VALUES"),
	}
}

func truthy(s string) bool { return cmdutil.IsTruthy(s) }

// flagVariables are the environment variables for the defaults of flags, besides
// PULUMI_OPTION_<FLAG>.
var flagVariables = map[string]string{
	"parallel": "PULUMI_PARALLEL", "continue-on-error": "PULUMI_CONTINUE_ON_ERROR", "run-program": "PULUMI_RUN_PROGRAM",
}

// flagDefaults sets what the environment says about flags.
func flagDefaults(fs *pflag.FlagSet, env map[string]string) (err error) {
	fs.VisitAll(func(f *pflag.Flag) {
		names := []string{"PULUMI_OPTION_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))}
		if alias, ok := flagVariables[f.Name]; ok {
			names = append(names, alias)
		}
		i := slices.IndexFunc(names, func(n string) bool { return env[n] != "" })
		if i < 0 || err != nil {
			return
		}
		for _, v := range flagValues(f, env[names[i]]) {
			if e := f.Value.Set(v); e != nil {
				err = usage("%s: %v", names[i], e)
			}
		}
	})
	return err
}

// flagValues is what a variable says about a flag: lists are comma separated.
func flagValues(f *pflag.Flag, text string) []string {
	switch f.Value.Type() {
	case "bool":
		return []string{strconv.FormatBool(truthy(text))}
	case "stringArray", "stringSlice":
		if list, err := csv.NewReader(strings.NewReader(text)).Read(); err == nil {
			return list
		}
	}
	return []string{text}
}
