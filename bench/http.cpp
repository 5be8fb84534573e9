#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench/echo/socket.hpp"
#include "bench/network.hpp"
#include "bench/rivals/nginx.hpp"
#include "bench/rivals/wrk.hpp"
#include "bench/serving.hpp"
#include "bench/workloads.hpp"

namespace bench {
namespace {

/// A folder with one file, which goes with this object.
class web_folder {
  public:
    explicit web_folder(long bytes) {
        std::string name =
            (std::filesystem::temp_directory_path() / "lariat-bench-XXXXXX").native();
        if (!mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
        path_ = name;
        std::ofstream(path_ / "file") << std::string(static_cast<std::size_t>(bytes), 'x');
    }
    ~web_folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    web_folder(const web_folder&) = delete;
    web_folder& operator=(const web_folder&) = delete;

    const std::string& path() const noexcept { return path_.native(); }

  private:
    std::filesystem::path path_;
};

/// Server and client are processes of their own, each on its CPU; this one only waits.
void run_http(const job& work, meter& figures) {
    const own_network apart;
    const two_processors where = processors_for_two();
    const web_folder folder(work.with["size"]);
    const served server =
        work.subject == "nginx"
            ? serve_nginx(folder.path(), where.server)
            : serve_example("serve_http", {std::to_string(where.server), folder.path()});
    const wrk_load plan{.port = server.port,
                        .path = "/file",
                        .connections = static_cast<std::uint64_t>(work.with["connections"]),
                        .span = std::chrono::seconds(1),
                        .processor = where.load};
    measure_client(server, figures, [&] { return run_wrk(plan); });
}

}  // namespace

workload http_workload() {
    return {
        .name = "http",
        .what =
            "a web server under wrk: one file, over TCP on the loopback device; each round takes "
            "a second",
        .parameters =
            {{.name = "connections",
              .values = {32},
              .what = "each with one request on its way",
              .most = 10'000},
             {.name = "size", .values = {1024}, .what = "bytes in the file", .most = 100'000'000}},
        .items = 1,
        .smoke_items = 1,
        .subjects = {{"nginx", "one worker that keeps the file open, if it is installed", run_http},
                     {"lariat", "the example server, one worker as well", run_http}},
        .unit = "ns/request",
        .reference = "nginx",
    };
}

}  // namespace bench
