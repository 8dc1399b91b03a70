// The doctor's page and JSON, from made-up findings.
#include "cli/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>

#include <cerrno>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/options.h"
#include "cli/privileges.h"

namespace skbtrail::cli {
namespace {

using kernel::Check;
using kernel::ConfigOption;
using kernel::Examination;
using kernel::Outcome;
using ::testing::HasSubstr;
using ::testing::Not;

const KernelName kKernel{"6.12.1", "x86_64"};

Check check(const std::string& name, const std::string& group, Outcome outcome) {
  Check made{name, group, "what it is for", "bpf(BPF_PROG_LOAD)", "tracepoints only", "a kernel with CONFIG_X"};
  made.outcome = outcome;
  if (outcome == Outcome::missing) made.error = EOPNOTSUPP;
  if (outcome == Outcome::unknown) made.needs = {"CAP_BPF", "CAP_PERFMON"};
  return made;
}

Examination examination(Outcome main_job, Outcome kprobe = Outcome::missing) {
  Examination made;
  made.checks = {check("trace", "programs", main_job), check("kprobe", "functions", kprobe)};
  made.skb_tracepoints = 30;
  made.config_file = "/proc/config.gz";
  made.config = {{"CONFIG_KPROBES", "not set", "kprobe", ConfigOption::Verdict::agrees}};
  return made;
}

std::string page(const Examination& examination) {
  return doctor_page(examination, kKernel, false);
}
nlohmann::json json(const Examination& examination) {
  return nlohmann::json::parse(doctor_json(examination, kKernel));
}

TEST(DoctorPage, a_check_that_works_is_one_line) {
  EXPECT_THAT(page(examination(Outcome::works, Outcome::works)),
              HasSubstr("\n  ok       trace                 what it is for\n"
                        "\nPrograms at functions of the kernel\n"
                        "  ok       kprobe                what it is for\n"));
}

TEST(DoctorPage, what_is_missing_says_how_it_was_tried_what_is_lost_and_what_helps) {
  EXPECT_THAT(page(examination(Outcome::works)), HasSubstr("  missing  kprobe                what it is for\n"
                                                           "           tried: bpf(BPF_PROG_LOAD): EOPNOTSUPP\n"
                                                           "           without it: tracepoints only\n"
                                                           "           remedy: a kernel with CONFIG_X\n"));
}

TEST(DoctorPage, what_nobody_can_tell_without_privileges_is_not_called_missing) {
  const std::string text = page(examination(Outcome::unknown, Outcome::unknown));
  EXPECT_THAT(text, HasSubstr("  unknown  kprobe                cannot tell: needs CAP_BPF, CAP_PERFMON\n"));
  EXPECT_THAT(text, Not(HasSubstr("missing")));
  EXPECT_THAT(text, Not(HasSubstr("remedy")));
}

TEST(DoctorPage, no_line_is_longer_than_80_columns) {
  auto made = examination(Outcome::works);
  for (auto& one : made.checks) {
    one.detail = std::string("a detail of many words that goes on and on, as the verifier's last words may, until ") +
                 "it has passed the edge of every terminal that anybody would use at three in the morning";
    one.remedy = one.detail;
  }
  std::istringstream lines(page(made));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80u) << line;
}

TEST(DoctorPage, colour_is_on_the_state_alone) {
  const std::string text = doctor_page(examination(Outcome::works), kKernel, true);
  EXPECT_THAT(text, HasSubstr("  \033[32mok\033[0m       trace "));
  EXPECT_THAT(text, HasSubstr("  \033[31mmissing\033[0m  kprobe "));
  EXPECT_THAT(page(examination(Outcome::works)), Not(HasSubstr("\033")));
}

TEST(DoctorPage, a_kernel_option_stands_beside_what_was_tried) {
  EXPECT_THAT(page(examination(Outcome::works)), HasSubstr("  agrees   CONFIG_KPROBES not set kprobe: missing\n"));
}

TEST(DoctorPage, no_configuration_to_read_is_said) {
  auto made = examination(Outcome::works);
  made.config_file.clear();
  made.config.clear();
  EXPECT_THAT(page(made), HasSubstr("\nKernel configuration: no /proc/config.gz or /boot/config-RELEASE to read\n"));
}

TEST(DoctorVerdict, says_in_one_sentence_what_works) {
  EXPECT_EQ(doctor_verdict(examination(Outcome::works)),
            "skbtrail runs here: 30 tracepoints; no kprobe, so no functions, tracepoints only.");
  EXPECT_EQ(doctor_verdict(examination(Outcome::works, Outcome::works)),
            "skbtrail runs here: 30 tracepoints; the kernel has kprobe.");
  EXPECT_EQ(doctor_verdict(examination(Outcome::unknown)),
            "skbtrail does not run like this: it needs CAP_BPF and CAP_PERFMON. Try: sudo skbtrail doctor");
  EXPECT_EQ(doctor_verdict(examination(Outcome::missing)), "skbtrail does not run here: see what is missing.");
}

// What the verdict on following is made of.
Examination followed(Outcome main_job, Outcome casts, Outcome functions, const std::string& unseen_end = "",
                     bool tells_memory = false) {
  Examination made;
  made.checks = {check("trace", "programs", main_job), check("bpf_rdonly_cast", "programs", casts),
                 check("fentry", "functions", functions), check("fexit", "functions", functions)};
  made.skb_tracepoints = 30;
  add_following(made, unseen_end, tells_memory);
  return made;
}

TEST(DoctorFollowing, is_exact_where_programs_hang_on_all_functions_that_free_skbs) {
  const auto made = followed(Outcome::works, Outcome::works, Outcome::works);
  EXPECT_EQ(following_of(made), Following::exact);
  EXPECT_EQ(json(made)["following"], "exact");
  EXPECT_THAT(doctor_verdict(made), HasSubstr("packets are followed exactly"));
  EXPECT_THAT(page(made), HasSubstr("\nPackets that matched are followed\n  ok       following "));
  EXPECT_THAT(page(made), HasSubstr("\n  ok       exact following "));
}

TEST(DoctorFollowing, is_by_content_where_there_are_tracepoints_alone_and_says_what_is_not_seen) {
  const auto made = followed(Outcome::works, Outcome::works, Outcome::missing);
  EXPECT_EQ(following_of(made), Following::content);
  EXPECT_EQ(json(made)["following"], "content");
  EXPECT_EQ(made.check("exact following")->error, EOPNOTSUPP);
  EXPECT_THAT(made.check("exact following")->without, HasSubstr("half of the ends are not seen"));
  EXPECT_THAT(page(made), HasSubstr("\n  missing  exact following "));
  EXPECT_THAT(page(made), HasSubstr("fentry and fexit at the functions that free and make skbs"));
  EXPECT_THAT(doctor_verdict(made), HasSubstr("packets are followed by address and content"));
}

TEST(DoctorFollowing, says_what_exact_can_do_with_tracepoints_alone) {
  const auto without = [](bool tells_memory) {
    return followed(Outcome::works, Outcome::works, Outcome::missing, "", tells_memory)
        .check("exact following")
        ->without;
  };
  EXPECT_THAT(without(true), HasSubstr("with --exact the slab allocator tells"));
  EXPECT_THAT(without(false), Not(HasSubstr("--exact")));
}

TEST(DoctorFollowing, is_by_content_where_one_function_that_frees_skbs_is_not_there) {
  const auto made = followed(Outcome::works, Outcome::works, Outcome::works, "kfree_skb_partial");
  EXPECT_EQ(following_of(made), Following::content);
  EXPECT_THAT(made.check("exact following")->detail, HasSubstr("no function kfree_skb_partial"));
}

TEST(DoctorFollowing, is_exact_before_linux_6_2_where_functions_can_be_traced) {
  const auto made = followed(Outcome::works, Outcome::missing, Outcome::works);
  EXPECT_EQ(following_of(made), Following::exact);
  EXPECT_THAT(page(made), HasSubstr("\n  ok       following "));
}

TEST(DoctorFollowing, is_none_before_linux_6_2_with_tracepoints_alone) {
  const auto made = followed(Outcome::works, Outcome::missing, Outcome::missing);
  EXPECT_EQ(following_of(made), Following::none);
  EXPECT_EQ(json(made)["following"], "none");
  EXPECT_THAT(page(made), HasSubstr("\n  missing  following "));
  EXPECT_THAT(doctor_verdict(made), HasSubstr("packets are not followed past the filter"));
}

TEST(DoctorFollowing, is_not_called_missing_where_nobody_can_tell) {
  const auto made = followed(Outcome::unknown, Outcome::unknown, Outcome::unknown);
  EXPECT_EQ(following_of(made), Following::unknown);
  EXPECT_EQ(made.check("following")->needs, (std::vector<std::string>{"CAP_BPF", "CAP_PERFMON"}));
  EXPECT_THAT(page(made), Not(HasSubstr("missing")));
}

TEST(DoctorJson, has_what_the_page_has) {
  const auto object = json(examination(Outcome::works));
  EXPECT_EQ(object["kernel"], "6.12.1");
  EXPECT_EQ(object["machine"], "x86_64");
  EXPECT_EQ(object["runs"], true);
  EXPECT_EQ(object["tracepoints"], 30);
  const nlohmann::json kprobe{{"name", "kprobe"},
                              {"group", "functions"},
                              {"state", "missing"},
                              {"purpose", "what it is for"},
                              {"tried", "bpf(BPF_PROG_LOAD)"},
                              {"errno", "EOPNOTSUPP"},
                              {"without", "tracepoints only"},
                              {"remedy", "a kernel with CONFIG_X"}};
  EXPECT_EQ(object["checks"][1], kprobe);
  EXPECT_EQ(object["config"]["file"], "/proc/config.gz");
  const nlohmann::json option{
      {"name", "CONFIG_KPROBES"}, {"value", "not set"}, {"check", "kprobe"}, {"verdict", "agrees"}};
  EXPECT_EQ(object["config"]["options"][0], option);
}

TEST(DoctorJson, leaves_out_what_is_not_known) {
  auto made = examination(Outcome::unknown, Outcome::idle);
  made.config_file.clear();
  const auto object = json(made);
  EXPECT_EQ(object["runs"], false);
  EXPECT_EQ(object["checks"][0]["state"], "unknown");
  EXPECT_EQ(object["checks"][0]["needs"], nlohmann::json::array({"CAP_BPF", "CAP_PERFMON"}));
  EXPECT_EQ(object["checks"][1]["state"], "n/a");
  for (const char* key : {"errno", "detail", "remedy", "without"})
    EXPECT_FALSE(object["checks"][0].contains(key)) << key;
  EXPECT_FALSE(object.contains("config"));
}

TEST(DoctorJson, an_errno_of_the_kernels_own_has_a_name) {
  auto made = examination(Outcome::works);
  made.checks[1].error = 524;
  EXPECT_EQ(json(made)["checks"][1]["errno"], "ENOTSUPP");
  EXPECT_THAT(page(made), HasSubstr(": ENOTSUPP\n"));
}

TEST(DoctorCommand, a_wrong_word_is_refused_with_what_would_be_right) {
  RunState state;
  const auto refusal = [&](const char* word) -> std::string {
    try {
      doctor_command({word}, state);
    } catch (const UsageError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal("--jsn"), "doctor: unrecognized option '--jsn'; did you mean --json?");
  EXPECT_EQ(refusal("-x"), "doctor: unrecognized option '-x'; allowed: --json, --help");
  EXPECT_EQ(refusal("eth0"), "doctor: unexpected argument 'eth0'");
}

uint64_t bits(std::initializer_list<int> capabilities) {
  uint64_t sum = 0;
  for (int capability : capabilities) sum |= uint64_t{1} << capability;
  return sum;
}

TEST(Privileges, two_capabilities_are_all_that_tracing_needs) {
  EXPECT_EQ(missing_privileges(kernel::Capabilities(bits({CAP_BPF, CAP_PERFMON}))), "");
  EXPECT_EQ(missing_privileges(kernel::Capabilities(bits({CAP_SYS_ADMIN}))), "");
}

TEST(Privileges, what_is_missing_is_named_with_a_command_that_works) {
  EXPECT_EQ(missing_privileges(kernel::Capabilities(bits({CAP_BPF, CAP_NET_ADMIN}))),
            "CAP_PERFMON is missing, and tracing needs it: try 'sudo skbtrail ...'; 'skbtrail doctor' says more");
  EXPECT_EQ(missing_privileges(kernel::Capabilities(0)),
            "CAP_BPF and CAP_PERFMON are missing, and tracing needs them: try 'sudo skbtrail ...'; 'skbtrail doctor' "
            "says more");
}

TEST(Privileges, those_of_a_user_namespace_do_not_count) {
  EXPECT_THAT(missing_privileges(kernel::Capabilities(~uint64_t{0}, true)),
              HasSubstr("CAP_BPF and CAP_PERFMON are missing, and tracing needs them: those of a user namespace"));
}

}  // namespace
}  // namespace skbtrail::cli
